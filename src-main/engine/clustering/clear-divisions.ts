import { createRandom } from '#engine/ml/random.ts'
import { type Embeddings, rowsOf } from './embeddings.ts'
import { distanceTable, meanSilhouette } from './silhouette.ts'

/** Images of which silhouettes are taken, at most. */
const sampleCount = 2000

/**
 * How clearly each of some divisions of the same images parts them, 0-1: the geometric mean of its silhouettes in the features and in their
 * embeddings. Sizes play no part in it, unlike in modularity, which cuts large clusters and joins small ones where sizes differ much.
 * In the features alone noise decides, and in the embeddings alone how they tore the images apart.
 *
 * @param divisions Each `[count]` 0 to clusterCount - 1.
 * @param embeddings Of the same images; their silhouettes are averaged.
 * @source Our own, of Rousseeuw 1987 (silhouette).
 */
export function clearnesses(
  divisions: readonly Int32Array[],
  features: Embeddings,
  embeddings: readonly Embeddings[],
  clusterCount: number,
  seed: number,
): number[] {
  const sample = createRandom(seed).shuffled(features.count).subarray(0, sampleCount)
  const sampled = divisions.map((clusters) => Int32Array.from(sample, (image) => clusters[image]))
  const silhouettes = (points: Embeddings): number[] => {
    const distances = distanceTable(rowsOf(points, sample))
    return sampled.map((clusters) => meanSilhouette(distances, clusters, clusterCount))
  }
  const inFeatures = silhouettes(features)
  const inEmbeddings = embeddings.map(silhouettes)
  return divisions.map((_, division) => {
    const mean = inEmbeddings.reduce((sum, of) => sum + of[division], 0) / embeddings.length
    return Math.sqrt(Math.max(0, inFeatures[division]) * Math.max(0, mean))
  })
}
