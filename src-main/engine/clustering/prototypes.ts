import type { Embeddings } from './embeddings.ts'

/** The images whose mean is the prototype of each cluster, the most telling first. */
export type PrototypeSupports = readonly Int32Array[]

/**
 * The mean embedding of the images that support each cluster; zero where none does.
 *
 * @returns `[clusters, dimension]` float32, not normalised.
 */
export function toPrototypes(embeddings: Embeddings, supports: PrototypeSupports): Float32Array {
  const { values, dimension } = embeddings
  const prototypes = new Float32Array(supports.length * dimension)
  supports.forEach((support, cluster) => {
    const sums = new Float64Array(dimension)
    for (const image of support) {
      const start = image * dimension
      for (let column = 0; column < dimension; column++) sums[column] += values[start + column]
    }
    if (support.length > 0)
      for (let column = 0; column < dimension; column++) prototypes[cluster * dimension + column] = sums[column] / support.length
  })
  return prototypes
}
