import type { Neighbours } from './neighbours.ts'

/** The nearest other images of each image: `others` is `[count, width]`, numbers of images, nearest first. */
export type NearestOthers = Readonly<{ count: number; width: number; others: Int32Array }>

/**
 * Who is a neighbour of whom, both ways: image `i` is linked with `others[starts[i]]` to `others[starts[i + 1] - 1]`. Two images that
 * name each other are linked twice.
 */
export type Links = Readonly<{ count: number; starts: Int32Array; others: Int32Array }>

/** The first `most` neighbours of each image, itself left out. */
export function nearestOthers({ count, neighbourCount, indices }: Neighbours, most: number): NearestOthers {
  const width = Math.min(most, neighbourCount - 1)
  const others = new Int32Array(count * width)
  for (let image = 0; image < count; image++) {
    const start = image * neighbourCount + 1
    others.set(indices.subarray(start, start + width), image * width)
  }
  return { count, width, others }
}

/** Links of all images with those that they name, and with those that name them. */
export function toLinks({ count, width, others: named }: NearestOthers): Links {
  const starts = new Int32Array(count + 1)
  for (let row = 0; row < count; row++) starts[row + 1] = width
  for (const other of named) starts[other + 1]++
  for (let row = 0; row < count; row++) starts[row + 1] += starts[row]
  const filled = starts.slice(0, count)
  const others = new Int32Array(starts[count])
  for (let row = 0; row < count; row++)
    for (let place = row * width; place < (row + 1) * width; place++) {
      others[filled[row]++] = named[place]
      others[filled[named[place]]++] = row
    }
  return { count, starts, others }
}

/** The links among some different images alone, which are numbered anew by their place in `members`. */
export function linksAmong(links: Links, members: ArrayLike<number>): Links {
  const places = new Int32Array(links.count).fill(-1)
  let most = 0
  for (let place = 0; place < members.length; place++) {
    places[members[place]] = place
    most += links.starts[members[place] + 1] - links.starts[members[place]]
  }
  const starts = new Int32Array(members.length + 1)
  const others = new Int32Array(most)
  let end = 0
  for (let place = 0; place < members.length; place++) {
    for (let link = links.starts[members[place]]; link < links.starts[members[place] + 1]; link++) {
      const other = places[links.others[link]]
      if (other >= 0) others[end++] = other
    }
    starts[place + 1] = end
  }
  return { count: members.length, starts, others: others.slice(0, end) }
}
