import { matchClusterings } from './alignment.ts'

/**
 * How far the other heads agree with the chosen one about each image, after each of their clusters was matched with one of its clusters
 * (greatest overlap, one to one). A cluster without a match agrees about nothing.
 *
 * @param clusterings for each head `[images]` index of the cluster.
 * @returns `[images]` share of the other heads, 0-1; 1 where there is no other.
 */
export function headAgreements(clusterings: readonly Int32Array[], chosen: number, clusterCount: number): Float32Array {
  const own = clusterings[chosen]
  const others = clusterings.filter((_, head) => head !== chosen)
  if (others.length === 0) return new Float32Array(own.length).fill(1)
  const agreeing = new Int32Array(own.length)
  for (const other of others) {
    const matches = matchClusterings(own, other, clusterCount, clusterCount)
    for (let image = 0; image < own.length; image++) if (matches[other[image]] === own[image]) agreeing[image]++
  }
  return Float32Array.from(agreeing, (count) => count / others.length)
}
