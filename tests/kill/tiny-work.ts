import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { Job } from '#shared/entities.ts'
import { fromErrorData } from '#shared/errors.ts'
import type { JobKind } from '#shared/jobs.ts'
import { tinyRun, untilAtRest } from '../tiny-project.ts'

/** What a child process is told: where to work, and when to die. */
export type TinyWork = Readonly<{
  folder: string
  /** Kill this process so long after this has begun; a stage, a job, or the process itself. */
  kill?: Readonly<{ in: string; afterMs: number }>
  /** Nothing after the import. */
  isImportOnly?: boolean
}>

/** What must be the same however often the work was killed: path or name -> hash. */
export type TinyOutcome = Readonly<Record<string, string>>

// Run as a process of its own by the tests of this folder: a folder of images to a dataset, from wherever it was left.
if (process.argv[1] === import.meta.filename) {
  const work = JSON.parse(process.argv[2] as string) as TinyWork
  process.stdout.write(`${JSON.stringify(await doTinyWork(work))}\n`)
}

async function doTinyWork({ folder, kill, isImportOnly = false }: TinyWork): Promise<TinyOutcome> {
  const killer = createKiller(kill, join(folder, 'tiny.spicerack', 'runs', 'run-0001', 'log.ndjson'))
  killer.begin('process')
  const engine = createEngine({ reportBug: (error) => console.error(error) })
  const client = createEngineClient((request) => engine.handle(request))
  const path = join(folder, 'tiny.spicerack')
  await (existsSync(path) ? client.project.open({ path }) : client.project.create({ path }))
  const out = join(folder, 'dataset')
  const steps: Record<JobKind, () => Promise<Job>> = {
    import: () => client.images.import({ folder: join(folder, 'images'), size: 32 }),
    run: async () => {
      const overrides = {
        pretrain: { ...tinyRun.overrides.pretrain, epochs: 6, checkpointMinutes: 0.01 },
        self: { ...tinyRun.overrides.self, checkpointMinutes: 0.01 },
        semi: { ...tinyRun.overrides.semi, steps: 8, checkpointMinutes: 0.01 },
      }
      return (await client.runs.create({ ...tinyRun, overrides })).job
    },
    export: () =>
      client.exports.start({ format: 'imagefolder', out, clustersAsClasses: true, split: { train: 0.5, val: 0.25, test: 0.25 } }),
  }
  for (const [kind, start] of Object.entries(steps)) {
    const before = (await client.jobs.list()).find((job) => job.kind === kind)
    if (before?.state.kind === 'completed' || (isImportOnly && kind !== 'import')) continue
    killer.begin(kind)
    const job = before ? await client.jobs.resume({ jobId: before.id }) : await start()
    const { state } = await untilAtRest(client, job.id)
    if (state.kind === 'failed') throw fromErrorData(state.error)
    if (state.kind !== 'completed') throw new Error(`The job "${kind}" is ${state.kind}.`)
  }
  const outcome = isImportOnly ? await describeImport(client, folder) : await describeOutcome(client, folder)
  await engine.close()
  await killer.end()
  return outcome
}

/** Kills this process with a signal that cannot be caught, soon after something has begun. */
function createKiller(kill: TinyWork['kill'], log: string) {
  let isDue = false
  const begin = (what: string): void => {
    if (what !== kill?.in || isDue) return
    isDue = true
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), kill.afterMs)
  }
  const linesBefore = existsSync(log) ? readFileSync(log, 'utf8').split('\n').length : 0
  const watch = setInterval(() => {
    if (isDue || !kill || !existsSync(log)) return
    for (const line of readFileSync(log, 'utf8')
      .split('\n')
      .slice(Math.max(0, linesBefore - 1)))
      if (line.includes('"event":"started"')) begin((JSON.parse(line) as { stage: string }).stage)
  }, 2)
  return {
    begin,
    /** When the work was quicker, or was done before, the kill comes now. */
    end: async (): Promise<void> => {
      clearInterval(watch)
      if (!kill) return
      process.kill(process.pid, 'SIGKILL')
      await new Promise(() => setTimeout(() => undefined, 60_000))
    },
  }
}

async function describeImport(client: EngineClient, folder: string): Promise<TinyOutcome> {
  const outcome: Record<string, string> = {}
  for (const file of ['pixels/32.u8', 'thumbnails.pack']) outcome[file] = hash(readFileSync(join(folder, 'tiny.spicerack', file)))
  const { images, total } = await client.images.list({ limit: 1000 })
  outcome.images = hash(JSON.stringify(images.map(({ importedAt: _, ...image }) => image)))
  outcome.count = String(total)
  outcome.duplicates = hash(JSON.stringify(await client.images.duplicates()))
  return outcome
}

async function describeOutcome(client: EngineClient, folder: string): Promise<TinyOutcome> {
  const project = join(folder, 'tiny.spicerack')
  const outcome: Record<string, string> = {}
  const files = [
    'embeddings/run-0001.f32',
    'runs/run-0001/pretrain.weights',
    'runs/run-0001/semi.weights',
    'pixels/32.u8',
    'thumbnails.pack',
  ]
  for (const file of files) outcome[file] = hash(readFileSync(join(project, file)))
  const dataset = join(folder, 'dataset')
  for (const file of (readdirSync(dataset, { recursive: true }) as string[]).sort())
    if (statSync(join(dataset, file)).isFile()) outcome[`dataset/${file}`] = hash(readFileSync(join(dataset, file)))
  const { images } = await client.images.list({ limit: 1000 })
  outcome.assignments = hash(JSON.stringify(images.map(({ id, path, assignment }) => [id, path, assignment])))
  outcome.clusters = hash(JSON.stringify(await client.clusters.list()))
  outcome.clusterings = hash(JSON.stringify((await client.clusterings.list()).map(({ createdAt: _, ...clustering }) => clustering)))
  return outcome
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
