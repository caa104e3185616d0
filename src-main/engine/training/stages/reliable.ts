import * as tf from '@tensorflow/tfjs'
import { likeliest } from '#engine/clustering/likeliest.ts'
import { selectByQuantile, selectByThreshold, thinCount } from '#engine/clustering/local-consistency.ts'
import { nearestOthers } from '#engine/clustering/neighbour-links.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { SpicerackError } from '#shared/errors.ts'
import { type Said, say } from '#shared/said.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { decodeCheckpoint, encodeCheckpoint } from '../checkpoint.ts'
import { noteChoice } from '../run-choices.ts'
import { type RunContext, type RunFiles, runFiles } from '../run-context.ts'
import { stoppable } from '../stoppable.ts'
import { loadEmbedding } from './embed.ts'
import { readSelfResult } from './self.ts'

/** Nearest others of each image that are kept, to tell how clusters hold together as a person leaves them. */
const keptNeighbours = 15

/**
 * Stage 4: the images whose nearest images are in the same cluster, and of whose cluster the head is sure.
 *
 * @throws NOT_FOUND before the images are clustered.
 * @source SPICE, section III-C and tools/local_consistency.py.
 */
export async function reliable({ task, source, host }: RunContext): Promise<StageResult> {
  const settings = task.recipe.reliable
  const clustered = host.files.read(runFiles.self)
  if (!clustered) throw new SpicerackError('NOT_FOUND', say('notClustered'), { advice: say('resumeRun') })
  if (host.files.size(runFiles.reliable) === undefined) {
    const embeddings = loadEmbedding(host.files)
    const tell = (doneRatio: number, seconds: number) => {
      const done = Math.round(doneRatio * source.count)
      return {
        step: done,
        totalSteps: source.count,
        imagesPerSecond: done / Math.max(seconds, 1e-6),
        secondsLeft: doneRatio > 0 ? (seconds / doneRatio) * (1 - doneRatio) : null,
        note: say('neighbours'),
      }
    }
    const sought = { neighbourCount: settings.neighbourCount, memoryBytes: settings.memoryMegabytes * 2 ** 20 }
    const neighbours = await stoppable(host, tell, (follow) => findNeighbours(embeddings, sought, follow))
    const input = {
      neighbours,
      ...likeliest(readSelfResult(clustered).probabilities, task.clusterCount),
      clusterCount: task.clusterCount,
      seed: task.seed,
    }
    const selection =
      settings.rule === 'quantile'
        ? selectByQuantile(input, settings.keepRatio, settings.balanceQuantile)
        : selectByThreshold(input, settings.consistencyThreshold, settings.confidenceThreshold)
    const tensors = {
      consistencies: tf.tensor1d(selection.consistencies),
      reliable: tf.tensor1d(Int32Array.from(selection.reliable), 'int32'),
      counts: tf.tensor1d(selection.counts, 'int32'),
    }
    noteReliable(selection.counts, input.clusters, host.files)
    host.files.write(runFiles.neighbours, new Uint8Array(nearestOthers(neighbours, keptNeighbours).others.buffer))
    host.files.write(runFiles.reliable, await encodeCheckpoint({ tensors, notes: { advice: selection.advice } }, 1))
    tf.dispose(tensors)
  }
  return { stage: 'reliable', neighboursFile: runFiles.neighbours, ...readReliableResult(host.files.read(runFiles.reliable)!) }
}

/** How many are reliable, and of which clusters few or none are. */
function noteReliable(counts: Int32Array, clusters: Int32Array, files: RunFiles): void {
  const present = new Set(clusters)
  const numbersWhere = (holds: (cluster: number) => boolean): number[] => [...counts.keys()].filter(holds).map((cluster) => cluster + 1)
  noteChoice(files, {
    kind: 'reliable',
    reliableCount: counts.reduce((sum, count) => sum + count, 0),
    imageCount: clusters.length,
    thin: numbersWhere((cluster) => present.has(cluster) && counts[cluster]! < thinCount),
    empty: numbersWhere((cluster) => !present.has(cluster)),
    thinBelow: thinCount,
  })
}

/** What the stage left. */
export function readReliableResult(encoded: Uint8Array): Omit<StageResult & { stage: 'reliable' }, 'stage' | 'neighboursFile'> {
  const { notes, tensors } = decodeCheckpoint(encoded)
  const result = {
    localConsistencies: tensors.consistencies.dataSync() as Float32Array,
    reliable: Uint8Array.from(tensors.reliable.dataSync()),
    reliableCounts: tensors.counts.dataSync() as Int32Array,
    advice: notes.advice as Said[],
  }
  tf.dispose(tensors as Record<string, tf.Tensor>)
  return result
}
