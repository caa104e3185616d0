import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { contingencyTable, normalizedMutualInformation } from '#engine/clustering/metrics.ts'
import type { OpenProject } from '#engine/database/project.ts'
import { writeWholeFile } from '#engine/files/write-whole-file.ts'
import { readPixelSettings } from '#engine/jobs/pixel-settings.ts'
import { keepRunDecisions } from '#engine/jobs/run-decisions.ts'
import type { RunPayload } from '#engine/jobs/run-job.ts'
import type { ImageId, MetricPoint, RunId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { isAtRest, type StageName, stageNames } from '#shared/jobs.ts'
import { recipeNamed } from '#shared/recipes/index.ts'
import { type ResolvedRecipe, resolveRecipe } from '#shared/recipes/recipe.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import { readRunLog } from './run-log.ts'

const metricsIntervalMs = 250

export const runsApi = {
  create: api.runs.create.handler(({ context, input }) => {
    const { project, queue } = context.session()
    const { clusterCount, clusterCountReason, seed, backend, overrides, lastStage, repeats } = input
    const imageIds = repeats === undefined ? [...project.images.pixelRows().keys()] : unchangedImagesOf(project, repeats)
    const pixels = readPixelSettings(project.folder)
    if (imageIds.length === 0 || !pixels) throw new SpicerackError('NO_IMAGES', say('noImagesYet'), { advice: say('importFirst') })
    if (imageIds.length < 2) throw new SpicerackError('TOO_FEW_IMAGES', say('oneImage'), { advice: say('importMore') })
    const mostClusters = Math.max(2, Math.floor(imageIds.length / 2))
    if (clusterCount > mostClusters)
      throw new SpicerackError('BAD_CLUSTER_COUNT', say('tooManyClusters', { clusters: clusterCount, images: imageIds.length }), {
        advice: say('chooseUpTo', { most: mostClusters }),
      })
    const recipe = resolveRecipe(
      recipeNamed(input.recipe),
      { imageCount: imageIds.length, clusterCount, imageSize: pixels.size },
      overrides,
    )
    checkEncoderFile(recipe)
    const versions = { spicerack: context.version, node: process.versions.node }
    // In one transaction: no run without its job, whenever the process ends.
    return project.connection.write(() => {
      const run = project.runs.create({
        name: `${recipe.name}, ${clusterCount} clusters`,
        recipe,
        seed,
        clusterCount,
        imageIds,
        imageSizePx: pixels.size,
        versions,
        backendChoice: backend,
        stages: stageNames,
      })
      mkdirSync(project.folder.run(run.id), { recursive: true })
      const record = { recipe, seed, clusterCount, backend, imageCount: imageIds.length, imageSizePx: pixels.size, versions }
      writeWholeFile(join(project.folder.run(run.id), 'recipe.json'), `${JSON.stringify(record, null, 2)}\n`)
      keepRunDecisions(project, run.id, repeats)
      project.runs.noteChoices(run.id, [{ kind: 'clusterCount', count: clusterCount, reason: clusterCountReason ?? null }])
      const payload: RunPayload = { runId: run.id, lastStage }
      return { run: project.runs.get(run.id), job: queue.add('run', payload) }
    })
  }),
  list: api.runs.list.handler(({ context }) => context.session().project.runs.list()),
  get: api.runs.get.handler(({ context, input }) => context.session().project.runs.get(input.runId)),
  metrics: api.runs.metrics.handler(({ context, input, signal }) => {
    const { project, metricsAdded } = context.session()
    project.runs.get(input.runId)
    return readMetrics(project, metricsAdded, input.runId, signal)
  }),
  log: api.runs.log.handler(({ context, input }) => readRunLog(context.session().project, input.runId)),
  compare: api.runs.compare.handler(({ context, input }) => compareRuns(context.session().project, input.runId, input.otherRunId)),
}

/**
 * The images of a run, as it read them.
 *
 * @throws CONFLICT when the pixels of some are not there any more: the file was read anew since, and was another or could not be read.
 */
function unchangedImagesOf(project: OpenProject, runId: RunId): ImageId[] {
  const { createdAt } = project.runs.get(runId)
  const imageIds = project.runs.imageIds(runId)
  const changed = imageIds.map(project.images.get).filter(({ pixelRow, importedAt }) => pixelRow === null || importedAt > createdAt)
  if (changed.length > 0)
    throw new SpicerackError(
      'CONFLICT',
      say('cannotRepeat', { run: runId, changed: changed.length, images: imageIds.length, path: changed[0]!.path }),
      { advice: say('startNewRun') },
    )
  return imageIds
}

/** A run that cannot have its features is refused now, not by its second stage. */
function checkEncoderFile({ pretrain, embed: { onnxFile } }: ResolvedRecipe): void {
  if (pretrain.source !== 'onnx' || existsSync(onnxFile)) return
  throw onnxFile === ''
    ? new SpicerackError('BAD_INPUT', say('noOnnxFile'), { advice: say('nameOnnxFile') })
    : new SpicerackError('NOT_FOUND', say('noFile', { path: onnxFile }), { advice: say('wholeOnnxPath') })
}

async function* readMetrics(
  project: OpenProject,
  added: { next(runId: RunId, abort?: AbortSignal): Promise<void>; readonly isClosed: boolean },
  runId: RunId,
  signal?: AbortSignal,
) {
  const lastSteps = new Map<StageName, number>()
  for (let sequence = 0; ; sequence++) {
    if (added.isClosed || signal?.aborted) return
    const wasActive = project.jobs
      .list()
      .some(({ kind, state, payload }) => kind === 'run' && !isAtRest(state.kind) && isOfRun(payload, runId))
    const points: MetricPoint[] = stageNames.flatMap((stage) => {
      const ofStage = project.metrics.list(runId, stage, lastSteps.get(stage) ?? -1)
      const last = ofStage.at(-1)
      if (last) lastSteps.set(stage, last.step)
      return ofStage
    })
    if (points.length > 0 || sequence === 0) yield { sequence, points }
    if (!wasActive) return
    const pause = AbortSignal.timeout(metricsIntervalMs)
    await added.next(runId, signal ? AbortSignal.any([signal, pause]) : pause)
  }
}

function isOfRun(payload: unknown, runId: RunId): boolean {
  return (payload as { runId?: unknown } | null)?.runId === runId
}

/** What a clustering holds of one image: its cluster, and what the model itself said, its number and confidence. */
type Found = Readonly<{ clusterId: number; said: string }>

function compareRuns(project: OpenProject, runId: RunId, otherRunId: RunId) {
  const [one, other] = [runId, otherRunId].map((id) => {
    project.runs.get(id)
    const clustering = project.clusterings.list().find((candidate) => candidate.runId === id)
    if (!clustering) throw new SpicerackError('NOT_FOUND', say('runNotClustered', { run: id }), { advice: say('letItFinish') })
    const { imageIds, foundClusterIds, confidences } = project.clusterings.columns(clustering.id)
    const numbers = new Map<number, number>(project.clusterings.clusterIds(clustering.id).map((clusterId, number) => [clusterId, number]))
    return new Map(
      Array.from(imageIds, (imageId, row) => {
        const clusterId = foundClusterIds[row]!
        return [imageId, { clusterId, said: `${numbers.get(clusterId)} ${confidences[row]}` }]
      }),
    )
  }) as [Map<number, Found>, Map<number, Found>]
  const shared = [...one.keys()].filter((imageId) => other.has(imageId))
  const decided = new Set<number>([...project.labels.list('human'), ...project.labels.placements()].map(({ imageId }) => imageId))
  const moved = shared.filter((imageId) => one.get(imageId)!.clusterId !== other.get(imageId)!.clusterId)
  const left = toIndices(shared.map((imageId) => one.get(imageId)!.clusterId))
  const right = toIndices(shared.map((imageId) => other.get(imageId)!.clusterId))
  return {
    imageCount: shared.length,
    movedCount: moved.length,
    contradictedCount: moved.filter((imageId) => decided.has(imageId)).length,
    nmi: shared.length === 0 ? 0 : normalizedMutualInformation(contingencyTable(right.indices, left.indices, right.count, left.count)),
    differingCount: shared.filter((imageId) => one.get(imageId)!.said !== other.get(imageId)!.said).length,
  }
}

function toIndices(ids: readonly number[]): { indices: Int32Array; count: number } {
  const distinct = new Map<number, number>()
  for (const id of ids) if (!distinct.has(id)) distinct.set(id, distinct.size)
  return { indices: Int32Array.from(ids, (id) => distinct.get(id)!), count: distinct.size }
}
