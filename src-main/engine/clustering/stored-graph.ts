import type { NeighbourGraph } from './neighbour-graph.ts'

/** A graph as bytes: the numbers of images and of entries, where rows start, the others and their weights; four bytes each. */
export function encodeGraph({ count, starts, others, weights }: NeighbourGraph): Uint8Array {
  const words = new Int32Array(2 + starts.length + others.length + weights.length)
  words.set([count, others.length])
  words.set(starts, 2)
  words.set(others, 2 + starts.length)
  words.set(new Int32Array(weights.slice().buffer), 2 + starts.length + others.length)
  return new Uint8Array(words.buffer)
}

/** What {@link encodeGraph} gave; undefined where the bytes are cut off or of another kind. */
export function decodeGraph(bytes: Uint8Array): NeighbourGraph | undefined {
  if (bytes.length < 12 || bytes.length % 4 !== 0) return undefined
  const words = new Int32Array(new Uint8Array(bytes).buffer)
  const [count, entries] = words
  const from = 2 + count + 1
  if (count < 0 || entries < 0 || words.length !== from + 2 * entries || words[from - 1] !== entries) return undefined
  return {
    count,
    starts: words.slice(2, from),
    others: words.slice(from, from + entries),
    weights: new Float32Array(words.slice(from + entries).buffer),
  }
}
