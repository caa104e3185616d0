import * as tf from '@tensorflow/tfjs'
import { type Embeddings, type MadeRows, toUnitRows } from '#engine/clustering/embeddings.ts'
import { type GraphClusters, neighbourShares } from '#engine/clustering/graph-clusters.ts'
import { repairEmptyClusters } from '#engine/clustering/k-means.ts'
import { likeliest } from '#engine/clustering/likeliest.ts'
import { modularity } from '#engine/clustering/modularity.ts'
import type { Parameter } from '#engine/ml/parameters.ts'
import { say } from '#shared/said.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../checkpoint.ts'
import { loadLearnedBackbone } from '../encoders/learned-backbone.ts'
import { encoderNames, usesFixedFeatures } from '../encoders/open-encoders.ts'
import { partDimensionsOf } from '../encoders/view-features.ts'
import { startFromGraph } from '../graph-start.ts'
import { type HumanDecisions, hasHumanDecisions, humanTargets, shareOfKnownClasses } from '../human-decisions.ts'
import { namedTensors, restoreParameters } from '../networks.ts'
import { noteChoice } from '../run-choices.ts'
import { type RunContext, type RunHost, runFiles } from '../run-context.ts'
import { type BestHead, createSelfStage, type SelfStage } from '../self-heads.ts'
import { type ComputedViews, cacheViews, fixedViews, freshViews } from '../self-views.ts'
import { forgetCheckpoints, train } from '../train-loop.ts'
import { loadEmbedding, openFeatures } from './embed.ts'

/**
 * Stage 3: one clustering of all images, by the best of several heads, chosen without labels.
 */
export async function self({ task, source, host }: RunContext): Promise<StageResult> {
  const settings = task.recipe.self
  const done = host.files.size(runFiles.self) !== undefined
  if (!done) {
    const features = openFeatures(host.files)
    const backbone = usesFixedFeatures(task.recipe) ? undefined : loadLearnedBackbone(task.recipe, host.files)
    try {
      const isCached = settings.frozenStatistics && settings.cachedViews > 0
      const views = !backbone
        ? fixedViews(task.recipe, features, task.seed, host)
        : isCached
          ? await cacheViews(backbone, source, features, settings, task.seed, host)
          : freshViews(backbone, source, settings, task.seed, host)
      const isDecided = hasHumanDecisions(task)
      const targets = isDecided ? { targets: (clusters: Int32Array) => humanTargets(task, clusters) } : {}
      const agreement = isDecided ? { agreement: (clusters: Int32Array) => shareOfKnownClasses(task, clusters) } : {}
      const start =
        settings.start === 'graph'
          ? await startFromGraph(features, partsOf(features, task, host), task, host, { ...targets, ...agreement })
          : undefined
      // Not before the graph is made, which needs much memory itself.
      const embeddings = loadEmbedding(host.files)
      const stage = createSelfStage({
        ...{ embeddings, views, settings, clusterCount: task.clusterCount, seed: task.seed, host, ...targets },
        ...(start ? { startClusters: start.clusters } : {}),
      })
      // Where statistics drift, they are part of the state.
      const drifting = settings.frozenStatistics || !backbone ? stage : withBackboneState(stage, views, backbone.parameters)
      try {
        await train(drifting, { name: 'self', checkpointMinutes: settings.checkpointMinutes }, host)
        const { head, probabilities: found, agreements, weights } = stage.best()
        if (settings.repairEmpty) reviveEmptyClusters(embeddings, found, task.clusterCount)
        noteHead(head, host)
        const probabilities = start ? notWorse(start, found, task, host) : found
        const stored = { probabilities: tf.tensor2d(probabilities, [source.count, task.clusterCount]), agreements: tf.tensor1d(agreements) }
        host.files.write(
          runFiles.self,
          await encodeCheckpoint({ tensors: { ...weights, ...stored }, notes: { best: head } }, stage.totalSteps),
        )
        tf.dispose(stored)
      } finally {
        stage.dispose()
        views.dispose()
      }
    } finally {
      backbone?.dispose()
    }
  }
  forgetCheckpoints('self', host)
  const { best, probabilities, agreements } = readSelfResult(host.files.read(runFiles.self)!)
  const clustering = { clusterCount: task.clusterCount, ...likeliest(probabilities, task.clusterCount) }
  const emptyCount = task.clusterCount - new Set(clustering.clusters).size
  const advice = emptyCount > 0 ? [say('clustersEmpty', { count: emptyCount, total: task.clusterCount })] : []
  return { stage: 'self', clustering, heads: best.heads, bestHead: best.head, headAgreements: agreements, advice }
}

function noteHead({ head, loss, heads }: BestHead, { files }: RunHost): void {
  const others = heads.filter((other) => other.head !== head).map((other) => other.loss)
  const nextLoss = others.length === 0 ? null : Math.min(...others)
  noteChoice(files, { kind: 'head', head, headCount: heads.length, loss, nextLoss, agreement: heads[head]?.agreement ?? 0 })
}

/**
 * What the best head says, unless it divides the graph of neighbours worse than the clusters it started from: then what these say. How well
 * both fit what a person said counts too.
 */
export function notWorse(
  start: GraphClusters,
  found: Float32Array,
  task: HumanDecisions,
  host: Pick<RunHost, 'files' | 'log'>,
): Float32Array {
  const { clusterCount } = task
  const { clusters } = likeliest(found, clusterCount)
  const learned = modularity(start.graph, clusters, clusterCount)
  const kept = learned + shareOfKnownClasses(task, clusters) < start.modularity + shareOfKnownClasses(task, start.clusters)
  noteChoice(host.files, { kind: 'clusters', kept: kept ? 'graph' : 'head', graph: start.modularity, head: learned })
  host.log(say(kept ? 'graphClustersStay' : 'headTaken', { head: learned.toFixed(4), graph: start.modularity.toFixed(4) }))
  return kept ? neighbourShares(start, clusterCount) : found
}

/** Lengths of what the encoders gave, side by side in each row. */
function partsOf({ count, dimension }: Embeddings | MadeRows, { recipe }: RunContext['task'], { files }: RunHost): readonly number[] {
  return usesFixedFeatures(recipe) ? partDimensionsOf(encoderNames(recipe), files, count) : [dimension]
}

/** Gives every empty cluster half of the largest one: the images that move exchange the probabilities of the two. */
function reviveEmptyClusters(embeddings: Embeddings, probabilities: Float32Array, clusterCount: number): void {
  const before = likeliest(probabilities, clusterCount).clusters
  const after = before.slice()
  repairEmptyClusters(toUnitRows(embeddings), after, clusterCount)
  for (let image = 0; image < before.length; image++) {
    if (before[image] === after[image]) continue
    const [from, to] = [image * clusterCount + before[image], image * clusterCount + after[image]]
    ;[probabilities[from], probabilities[to]] = [probabilities[to], probabilities[from]]
  }
}

/** What the stage left: the best head, its `[images, clusters]` probabilities, and how far the others agree (null in files of before). */
export function readSelfResult(encoded: Uint8Array): { best: BestHead; probabilities: Float32Array; agreements: Float32Array | null } {
  const { notes, tensors } = decodeCheckpoint(encoded)
  const probabilities = tensors.probabilities.dataSync() as Float32Array
  const agreements = tensors.agreements?.size ? (tensors.agreements.dataSync() as Float32Array) : null
  tf.dispose(tensors as Record<string, tf.Tensor>)
  return { best: notes.best as BestHead, probabilities, agreements }
}

function withBackboneState(stage: SelfStage, views: ComputedViews, parameters: readonly Parameter[]): SelfStage {
  return {
    ...stage,
    state() {
      views.readVariables()
      const { tensors, notes } = stage.state()
      return { tensors: { ...tensors, ...namedTensors(parameters, 'backbone.') }, notes }
    },
    restore(state) {
      stage.restore(state)
      restoreParameters(parameters, state.tensors, 'backbone.')
    },
  }
}
