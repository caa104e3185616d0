import type { Links } from './neighbour-links.ts'

export type TwoWayDivision = Readonly<{
  /** `[count]` 1 for the images of the smaller side, 0 for the others. */
  sides: Uint8Array
  /** {@link crossing} of the two sides. */
  crossing: number
}>

/** Steps of the walk by which values even out; the far ends they start from are already apart. */
const steps = 40
/** Each side has at least this share of the images. */
const leastShare = 0.1

/**
 * How much two groups are one: the share of each one's links that lead to the other, both shares added. 0 where no link does; 1 where as
 * many do as if images were on either side by chance.
 *
 * @param cut Links from the one group to the other.
 * @param volumes Ends of links within and between the two groups, of each.
 * @source Shi & Malik 2000, "Normalized cuts and image segmentation", equation 2.
 */
export function crossing(cut: number, volumes: readonly [number, number]): number {
  return Math.min(...volumes) === 0 ? 1 : cut / volumes[0] + cut / volumes[1]
}

/**
 * The division of a group in two that the fewest links cross, each side taken by its size: images get values that even out along links,
 * beginning with how much nearer each is to one far end than to the other, and are cut where the crossing is least.
 *
 * @returns Null where the images are too few to be divided.
 * @source Shi & Malik 2000, section 3.
 */
export function divideInTwo(links: Links): TwoWayDivision | null {
  const { count, starts, others } = links
  const least = Math.max(2, Math.ceil(leastShare * count))
  if (count < 2 * least) return null
  const values = evened(links, farEnds(links))
  const order = Int32Array.from(values, (_, row) => row).sort((one, other) => values[one] - values[other] || one - other)
  const total = others.length
  const isLeft = new Uint8Array(count)
  let [cut, volume, best, bestCount] = [0, 0, Number.POSITIVE_INFINITY, 0]
  for (let place = 0; place < count - least; place++) {
    const row = order[place]
    let inner = 0
    for (let link = starts[row]; link < starts[row + 1]; link++) inner += isLeft[others[link]]
    isLeft[row] = 1
    const degree = starts[row + 1] - starts[row]
    cut += degree - 2 * inner
    volume += degree
    if (place + 1 < least) continue
    const here = crossing(cut, [volume, total - volume])
    if (here < best) [best, bestCount] = [here, place + 1]
  }
  const sides = new Uint8Array(count)
  const isLeftSmaller = bestCount * 2 <= count
  for (let place = 0; place < count; place++) sides[order[place]] = place < bestCount === isLeftSmaller ? 1 : 0
  return { sides, crossing: best }
}

/** Of each image how many more links it is away from the one end than from the other; ends are as far apart as two images can be. */
function farEnds(links: Links): Float64Array {
  const fromFirst = distances(links, 0)
  const one = distances(links, farthest(fromFirst))
  const other = distances(links, farthest(one))
  return Float64Array.from(one, (distance, row) => distance - other[row])
}

/** Number of links from one image to each; one more than the farthest for those that no links lead to. */
function distances({ count, starts, others }: Links, from: number): Int32Array {
  const found = new Int32Array(count).fill(-1)
  const queue = new Int32Array(count)
  found[from] = 0
  queue[0] = from
  let end = 1
  for (let next = 0; next < end; next++) {
    const row = queue[next]
    for (let link = starts[row]; link < starts[row + 1]; link++) {
      if (found[others[link]] >= 0) continue
      found[others[link]] = found[row] + 1
      queue[end++] = others[link]
    }
  }
  const beyond = found[queue[end - 1]] + 1
  return found.map((distance) => (distance < 0 ? beyond : distance))
}

function farthest(found: Int32Array): number {
  let best = 0
  for (let row = 1; row < found.length; row++) if (found[row] > found[best]) best = row
  return best
}

/** Each value becomes the mean of itself and of those it is linked with, again and again; what all have in common is taken out. */
function evened({ count, starts, others }: Links, first: Float64Array): Float64Array {
  let values = Float64Array.from(first)
  let next = new Float64Array(count)
  for (let step = 0; step < steps; step++) {
    let mean = 0
    for (let row = 0; row < count; row++) mean += (starts[row + 1] - starts[row]) * values[row]
    mean /= Math.max(1, others.length)
    let largest = 0
    for (let row = 0; row < count; row++) {
      let sum = 0
      for (let link = starts[row]; link < starts[row + 1]; link++) sum += values[others[link]]
      const degree = starts[row + 1] - starts[row]
      next[row] = (values[row] + (degree === 0 ? values[row] : sum / degree)) / 2 - mean
      largest = Math.max(largest, Math.abs(next[row]))
    }
    if (largest > 0) for (let row = 0; row < count; row++) next[row] /= largest
    ;[values, next] = [next, values]
  }
  return values
}
