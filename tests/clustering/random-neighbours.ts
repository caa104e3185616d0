import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { type NearestOthers, nearestOthers } from '#engine/clustering/neighbour-links.ts'
import { createRandom } from '#engine/ml/random.ts'
import { dot, rowOf } from './synthetic.ts'

/** Each image names some others at random. */
export function randomOthers(count: number, width: number, seed: number): NearestOthers {
  const random = createRandom(seed)
  const others = new Int32Array(count * width)
  for (let image = 0; image < count; image++) {
    const drawn = random.shuffled(count).filter((other) => other !== image)
    others.set(drawn.slice(0, width), image * width)
  }
  return { count, width, others }
}

/** The nearest others of unit rows, by comparing all with all. */
export function slowNearest(embeddings: Embeddings, width: number): NearestOthers {
  const { count } = embeddings
  const rows = Array.from({ length: count }, (_, row) => rowOf(embeddings, row))
  const indices = rows.flatMap((row, image) => {
    const likeness = rows.map((other, place) => (place === image ? 2 : dot(row, other)))
    return likeness.map((_, place) => place).sort((a, b) => likeness[b] - likeness[a])
  })
  const all = { count, neighbourCount: count, indices: Int32Array.from(indices), similarities: new Float32Array(count * count) }
  return nearestOthers(all, width)
}

/** How often each pair is linked: once for each of the two that names the other. */
export function linkTable({ count, width, others }: NearestOthers): number[][] {
  const table = Array.from({ length: count }, () => new Array<number>(count).fill(0))
  for (let image = 0; image < count; image++)
    for (const other of others.subarray(image * width, (image + 1) * width)) {
      table[image][other]++
      table[other][image]++
    }
  return table
}

/** Shares of links that cross, each group's added, from the table. */
export function slowCrossing(table: readonly (readonly number[])[], one: readonly number[], other: readonly number[]): number {
  const between = (left: readonly number[], right: readonly number[]): number =>
    left.reduce((sum, image) => sum + right.reduce((links, each) => links + table[image][each], 0), 0)
  const cut = between(one, other)
  const [first, second] = [between(one, one) + cut, between(other, other) + cut]
  return first === 0 || second === 0 ? 1 : cut / first + cut / second
}
