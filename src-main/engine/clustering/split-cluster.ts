import type { Embeddings } from './embeddings.ts'

const iterationCount = 10

/**
 * Divides some images in two by 2-means, from the image farthest from their mean and the one farthest from that.
 *
 * @returns `[members]` 1 for the half that leaves, 0 for the half that stays (never the smaller one), or null when all members are equal.
 */
export function splitCluster(embeddings: Embeddings, members: ArrayLike<number>): Uint8Array | null {
  const all = Array.from({ length: members.length }, (_, member) => member)
  const first = farthest(embeddings, members, meanOf(embeddings, members, all))
  const firstRow = rowAsFloat64(embeddings, members[first])
  const second = farthest(embeddings, members, firstRow)
  if (squaredDistance(embeddings, members[second], firstRow) === 0) return null
  let left = firstRow
  let right = rowAsFloat64(embeddings, members[second])
  let sides = new Uint8Array(members.length)
  for (let iteration = 0; iteration < iterationCount; iteration++) {
    const next = sides.map((_, member) =>
      squaredDistance(embeddings, members[member], right) < squaredDistance(embeddings, members[member], left) ? 1 : 0,
    )
    const rightMembers = all.filter((member) => next[member] === 1)
    if (rightMembers.length === 0 || rightMembers.length === members.length) break
    const settled = iteration > 0 && next.every((side, member) => side === sides[member])
    sides = next
    if (settled) break
    right = meanOf(embeddings, members, rightMembers)
    left = meanOf(
      embeddings,
      members,
      all.filter((member) => next[member] === 0),
    )
  }
  const leaving = sides.reduce((sum, side) => sum + side, 0)
  if (leaving === 0) sides[second] = 1
  return leaving * 2 > members.length ? sides.map((side) => 1 - side) : sides
}

function meanOf(embeddings: Embeddings, members: ArrayLike<number>, chosen: readonly number[]): Float64Array {
  const { values, dimension } = embeddings
  const mean = new Float64Array(dimension)
  for (const member of chosen) {
    const start = members[member] * dimension
    for (let column = 0; column < dimension; column++) mean[column] += values[start + column]
  }
  return mean.map((sum) => sum / chosen.length)
}

function farthest(embeddings: Embeddings, members: ArrayLike<number>, from: Float64Array): number {
  let best = 0
  let bestDistance = -1
  for (let member = 0; member < members.length; member++) {
    const distance = squaredDistance(embeddings, members[member], from)
    if (distance > bestDistance) {
      best = member
      bestDistance = distance
    }
  }
  return best
}

function rowAsFloat64(embeddings: Embeddings, row: number): Float64Array {
  return Float64Array.from(embeddings.values.subarray(row * embeddings.dimension, (row + 1) * embeddings.dimension))
}

function squaredDistance(embeddings: Embeddings, row: number, from: Float64Array): number {
  const { values, dimension } = embeddings
  const start = row * dimension
  let sum = 0
  for (let column = 0; column < dimension; column++) sum += (values[start + column] - from[column]) ** 2
  return sum
}
