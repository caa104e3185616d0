import { resolve } from 'node:path'
import type { OpenProject } from '#engine/database/project.ts'
import type { ImagePool } from '#engine/images/image-pool.ts'
import { type PixelSettings, readPixelSettings } from '#engine/jobs/pixel-settings.ts'
import type { Run, RunId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import { computeNow } from './worker-answer.ts'

/** Pixels held at once: 256 MB. */
const chunkBytes = 1 << 28
const nothing = { clusterId: null, clusterName: null, classId: null, className: null, confidence: null }

export const predictApi = {
  run: api.predict.run.handler(async ({ context, input, signal }) => {
    const { project } = context.session()
    const run = finishedRun(project, input.runId)
    const { fit } = readPixelSettings(project.folder) ?? { fit: 'cover' as const }
    const size = run.imageSizePx
    const describe = createDescriber(project, run)
    const chunkLength = Math.max(1, Math.floor(chunkBytes / (size * size * 3)))
    const predictions: ReturnType<typeof describe>[] = []
    let backend = ''
    let isKept = true
    for (let start = 0; start < input.files.length; start += chunkLength) {
      const files = input.files.slice(start, start + chunkLength)
      const { pixels, problems } = await decodeFiles(context.pool, files, { size, fit }, signal)
      const outcome = await computeNow(context.worker, (calls) =>
        calls.predict({
          projectPath: project.folder.path,
          runId: run.id,
          recipe: run.recipe as unknown as ResolvedRecipe,
          backend: input.backend,
          clusterCount: run.clusterCount,
          pixels,
          size,
        }),
      )
      backend = outcome.backend
      isKept = outcome.isKept
      let row = 0
      files.forEach((file, index) => {
        const problem = problems[index] ?? null
        if (problem !== null) predictions.push({ file, problem, ...nothing })
        else {
          predictions.push(describe(file, outcome.clusters[row]!, outcome.confidences[row]!))
          row++
        }
      })
    }
    return { backend, isKept, predictions }
  }),
}

/** The run asked for, else the newest one whose classifier is trained. */
function finishedRun(project: OpenProject, runId: RunId | undefined): Run {
  const isFinished = (run: Run): boolean => run.stages.some(({ name, state }) => name === 'semi' && state === 'completed')
  const run = runId === undefined ? project.runs.list().find(isFinished) : project.runs.get(runId)
  if (!run || !isFinished(run))
    throw new SpicerackError('NOT_FOUND', run ? say('runHasNoClassifier', { run: run.id }) : say('noClassifierYet'), {
      advice: say('letRunFinish'),
    })
  return run
}

/** Pixels of the files that could be read, in order, and why the others could not: one entry a file, null where it was read. */
async function decodeFiles(pool: ImagePool, files: readonly string[], settings: PixelSettings, signal: AbortSignal | undefined) {
  const rowBytes = settings.size * settings.size * 3
  const pixels = new Uint8Array(files.length * rowBytes)
  const problems: (string | null)[] = []
  let count = 0
  const { cancelled } = await pool.decodeAll(
    files.map((file) => ({ path: resolve(file) })),
    settings,
    {
      ...(signal ? { signal } : {}),
      onResult: (_, result) => {
        problems.push(result.kind === 'problem' ? problemOf(result) : null)
        if (result.kind === 'image') pixels.set(result.pixels, count++ * rowBytes)
      },
    },
  )
  if (cancelled) throw new SpicerackError('CANCELLED', say('predictionCancelled'))
  return { pixels: pixels.slice(0, count * rowBytes), problems }
}

function problemOf({ code, message }: Readonly<{ code: string; message: string }>): string {
  return code === 'vanished' ? 'There is no such file.' : message
}

/** Turns an output of the classifier into the cluster that it means, and the class to which a person mapped that cluster. */
function createDescriber(project: OpenProject, run: Run) {
  const clustering = project.clusterings.list().find(({ runId, stage }) => runId === run.id && stage === 'semi')
  if (!clustering) throw new Error(`The run ${run.id} has no clustering of the stage "semi".`)
  const clusterIds = project.clusterings.clusterIds(clustering.id)
  const classOfCluster = new Map(project.labels.mappings().map(({ clusterId, classId }) => [clusterId, classId]))
  const classNames = new Map(project.classes.list().map(({ id, name }) => [id, name]))
  return (file: string, clusterIndex: number, confidence: number) => {
    let cluster = project.clusters.get(clusterIds[clusterIndex]!)
    while (cluster.mergedInto !== null) cluster = project.clusters.get(cluster.mergedInto)
    const classId = classOfCluster.get(cluster.id) ?? null
    return {
      file,
      problem: null as string | null,
      clusterId: cluster.id as typeof cluster.id | null,
      clusterName: cluster.name as string | null,
      classId,
      className: classId === null ? null : (classNames.get(classId) ?? null),
      confidence: confidence as number | null,
    }
  }
}
