import { dirname, resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { EngineOptions } from '#engine/engine.ts'
import { exportFormats } from '#shared/export-formats.ts'
import { type BackendChoice, backendChoices } from '#shared/worker-protocol.ts'
import type { ClusterFlags } from './commands/cluster.ts'
import type { ExportFlags } from './commands/export.ts'
import type { RunFlags } from './commands/run-flags.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import type { Output } from './output.ts'
import type { Session } from './session.ts'

// Commands and engine are imported when one is run: help and bad usage are answered without them.

const program = new Command('spicerack')
  .description('Turns a folder of unlabelled images into a labelled dataset, by learning from those images.')
  .option('--json', 'one JSON object a line instead of text and bars')
  .exitOverride()
  .configureHelp({ sortSubcommands: false })

const output = async (): Promise<Output> => (await import('./output.ts')).createOutput(program.opts<{ json?: boolean }>().json === true)
const inSession = async (work: (session: Session) => Promise<void>, options: Pick<EngineOptions, 'folderRoots'> = {}): Promise<void> =>
  (await import('./session.ts')).withSession(await output(), work, options)
const inProject = async (path: string, work: (session: Session) => Promise<void>): Promise<void> =>
  (await import('./session.ts')).withProject(await output(), path, work)

const withRunFlags = (command: Command): Command =>
  command
    .addOption(new Option('--clusters <K>', 'number of clusters; suggested when left out').argParser(wholeNumber))
    // No defaults here: what is not given asks for nothing else than the run that goes on.
    .option('--recipe <name>', 'quick, standard or faithful; standard when left out')
    .addOption(new Option('--epochs <N>', 'epochs of learning features').argParser(wholeNumber))
    .addOption(new Option('--seed <S>', 'same seed, same result; 0 when left out').argParser(wholeNumber))
    .addOption(new Option('--backend <name>', 'compute backend; the best there is when left out').choices(backendChoices))
    .option('--encoder <file.onnx>', 'features by an image encoder of yours; see also --set embed.onnxNormalization=clip and its like')
    .option('--export-npy <dir>', 'also write the embedding (feas_moco_512_l2.npy) and its list of files there')
    .option('--set <stage.setting=value...>', 'any setting of a stage, as pretrain.widthFactor=0.5')

withRunFlags(program.command('cluster <folder>').description('all in one go: import, learn, cluster, export'))
  .requiredOption('--out <dir>', 'where project, dataset and contact sheet go')
  .option('--truth <file>', 'known labels, used for nothing but the scores at the end')
  .option('--split', 'divide the dataset into train, val and test (80, 10, 10 %)')
  .addHelpText('after', '\nExample:\n  spicerack cluster holiday-photos --out sorted --clusters 12')
  .action(async (folder: string, flags: ClusterFlags) =>
    (await import('./commands/cluster.ts')).clusterFolder(await output(), folder, flags),
  )

program
  .command('new <project>')
  .description('make a project and read a folder into it; if it is there already, read into that')
  .requiredOption('--images <folder>', 'folder of images; read, never changed')
  .addHelpText('after', '\nExample:\n  spicerack new plants.spicerack --images ~/plants')
  .action((path: string, flags: { images: string }) =>
    inSession(async (session) => (await import('./commands/new.ts')).newProject(session, path, flags.images)),
  )

withRunFlags(program.command('run <project>').description('learn, cluster and train on a project'))
  .option('--resume', 'go on with the newest run, which was interrupted; nothing else')
  .option('--no-resume', 'start another run even if one waits')
  .addHelpText('after', '\nExample:\n  spicerack run plants.spicerack --clusters 8 --epochs 40')
  .action((path: string, flags: RunFlags) =>
    inProject(path, async (session) => {
      const [{ exportFeatures, startRun }, { showStatus }] = await Promise.all([
        import('./commands/run.ts'),
        import('./commands/status.ts'),
      ])
      await startRun(session, flags)
      await exportFeatures(session, flags.exportNpy)
      await showStatus(session)
    }),
  )

program
  .command('status <project>')
  .description('images, last run and jobs of a project')
  .addHelpText('after', '\nExample:\n  spicerack status plants.spicerack --json')
  .action((path: string) => inProject(path, async (session) => (await import('./commands/status.ts')).showStatus(session)))

program
  .command('clusters <project>')
  .description('the clusters with their counts')
  .addHelpText('after', '\nExample:\n  spicerack clusters plants.spicerack')
  .action((path: string) =>
    inProject(path, async ({ client, output: out }) => {
      const { describeClusters } = await import('./commands/clusters.ts')
      const clusters = await client.clusters.list()
      out.result('clusters', { clusters }, describeClusters(clusters).join('\n'))
    }),
  )

program
  .command('align <project>')
  .description('give clusters their classes')
  .option('--labels <file>', 'CSV of path,label or a folder of folders; a few examples of each class do')
  .option('--set <cluster=name...>', 'name the class of one cluster')
  .addHelpText('after', '\nExample:\n  spicerack align plants.spicerack --set "Cluster 3=fern" --set "Cluster 5=moss"')
  .action((path: string, flags: { labels?: string; set?: string[] }) =>
    inProject(path, async (session) => (await import('./commands/align.ts')).alignToClasses(session, flags)),
  )

program
  .command('audit <project>')
  .description('how pure each class is, as far as a person has looked at random images of it')
  .addOption(new Option('--min-purity <p>', 'what is to be proved').argParser(ratio).default(0.95))
  .addHelpText('after', '\nExample:\n  spicerack audit plants.spicerack --min-purity 0.9')
  .action((path: string, flags: { minPurity: number }) =>
    inProject(path, async (session) => (await import('./commands/audit.ts')).showAudits(session, flags.minPurity)),
  )

program
  .command('export <project>')
  .description('write a labelled dataset')
  .addOption(new Option('--format <name>', 'form of the dataset').choices(exportFormats).default('imagefolder'))
  .requiredOption('--out <dir>', 'folder to make; it must not exist yet')
  .addOption(new Option('--transfer <how>', 'how images get there').choices(['copy', 'hardlink', 'symlink']).default('copy'))
  .option('--split', 'divide into train, val and test (80, 10, 10 %)')
  .addOption(new Option('--seed <S>', 'seed of the split').argParser(wholeNumber).default(0))
  .addOption(new Option('--min-confidence <p>', 'leave out images below').argParser(ratio).default(0))
  .option('--only-reliable', 'reliable images alone')
  .addOption(new Option('--min-purity <p>', 'only classes that an audit proves to be this pure').argParser(ratio).default(0))
  .option('--skip-unproven', 'leave other classes out, instead of refusing')
  .option('--dry-run', 'counts and bytes; nothing is written')
  .option('--bom', 'byte order mark at the start of a CSV')
  .option('--classes-only', 'leave out images whose cluster has no class')
  .addHelpText('after', '\nExample:\n  spicerack export plants.spicerack --format coco --out plants-dataset --split --min-purity 0.95')
  .action((path: string, flags: ExportFlags) =>
    inProject(path, async (session) => (await import('./commands/export.ts')).exportProject(session, flags)),
  )

program
  .command('predict <project> <files...>')
  .description('class and confidence of other images')
  .addOption(new Option('--backend <name>', 'compute backend').choices(backendChoices).default('auto'))
  .addHelpText('after', '\nExample:\n  spicerack predict plants.spicerack new/*.jpg')
  .action((path: string, files: string[], flags: { backend: BackendChoice }) =>
    inProject(path, async (session) => (await import('./commands/predict.ts')).predictFiles(session, files, flags.backend)),
  )

program
  .command('evaluate <project>')
  .description('score the clusters against known labels')
  .requiredOption('--truth <file>', 'CSV of path,label or a folder of folders')
  .addHelpText('after', '\nExample:\n  spicerack evaluate plants.spicerack --truth labels.csv')
  .action((path: string, flags: { truth: string }) =>
    inProject(path, async ({ client, output: out }) => {
      const { describeEvaluation } = await import('./commands/cluster.ts')
      const evaluation = await client.evaluate.run({ truth: resolve(flags.truth) })
      out.result('evaluation', evaluation, describeEvaluation(evaluation))
    }),
  )

program
  .command('replay <project>')
  .description('run the last run again with the same seed and compare')
  .addHelpText('after', '\nExample:\n  spicerack replay plants.spicerack')
  .action((path: string) => inProject(path, async (session) => (await import('./commands/replay.ts')).replay(session)))

program
  .command('serve [project]')
  .description('the page in a browser, on this machine only')
  .addOption(new Option('--port <N>', 'port; a free one when left out').argParser(wholeNumber).default(0))
  .option('--root <folder...>', 'folders that the page may list, beside the home folder and other disks', [])
  .addHelpText('after', '\nExample:\n  spicerack serve plants.spicerack --root /data/photos')
  .action(async (path: string | undefined, flags: { port: number; root: readonly string[] }) => {
    const { folderRoots } = await import('#main/server/folder-roots.ts')
    const named = [...flags.root, ...(path === undefined ? [] : [dirname(resolve(path))])]
    return inSession(
      async (session) => {
        if (path !== undefined) await session.client.project.open({ path: resolve(path) })
        await (await import('./commands/serve.ts')).serve(session, flags.port)
      },
      { folderRoots: folderRoots(named) },
    )
  })

program
  .command('device')
  .description('which compute backends there are, and which one is used')
  .addOption(new Option('--backend <name>', 'as for run').choices(backendChoices).default('auto'))
  .option('--full', 'try all of them')
  .addHelpText('after', '\nExample:\n  spicerack device --full')
  .action((flags: { backend: BackendChoice; full?: boolean }) =>
    inSession(async (session) => (await import('./commands/device.ts')).showDevices(session, flags.backend, flags.full === true)),
  )

for (const command of program.commands) command.exitOverride()

try {
  await program.parseAsync()
  process.exitCode ??= exitCodes.done
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.badUsage
  else {
    ;(await output()).error(error)
    process.exitCode = exitCodeOf(error)
  }
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('A whole number is needed.')
  return value
}

function ratio(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('A number from 0 to 1 is needed.')
  return value
}
