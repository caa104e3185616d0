import { deriveSeed } from '#engine/ml/random.ts'
import { checkEmbeddings, type Embeddings, toUnitRows } from './embeddings.ts'
import { embedNeighbours } from './neighbour-embedding.ts'
import { toNeighbourGraph } from './neighbour-graph.ts'
import { findNeighbours } from './neighbours.ts'
import { type Follow, partOf } from './pause.ts'

export type PlaneOptions = Readonly<{
  /** Neighbours that hold an image in its place, itself included: fewer show finer structure. About 15. */
  neighbourCount: number
  /** Memory for the similarities of one block while neighbours are sought. */
  memoryBytes: number
  seed: number
}>

/** Share of the whole that the search for neighbours is told to be. */
const searchShare = 0.5
/** From this many images on fewer passes are enough. */
const manyImages = 10_000

/**
 * A map of the images: like ones lie together.
 *
 * Each axis is centred between its ends, and both are divided by the same number, so that all coordinates lie in -1 to 1 and the longer
 * axis reaches both. One image, or images that cannot be told apart, lie at or around the origin. The same rows, options and seed give
 * the same bytes. Takes about as long as the search for neighbours (grows with the square of the images) and as long again for the
 * layout (grows in proportion); holds at most `memoryBytes`, the rows twice, and some 500 bytes an image. Loads no backend: the caller
 * has one ready, since the search for neighbours computes on it.
 *
 * @param embeddings `[count, dimension]`; compared by cosine, so they need not be normalised.
 * @returns `[count, 2]` float32, x and y of each image, -1 to 1, finite.
 * @throws BAD_INPUT when a value is not finite; CANCELLED.
 */
export async function layoutPlane(embeddings: Embeddings, options: PlaneOptions, follow: Follow = {}): Promise<Float32Array> {
  checkEmbeddings(embeddings)
  const { neighbourCount, memoryBytes, seed } = options
  const rows = toUnitRows(embeddings)
  const graph = toNeighbourGraph(await findNeighbours(rows, { neighbourCount, memoryBytes }, partOf(follow, 0, searchShare)))
  const layout = await embedNeighbours(
    rows,
    graph,
    { dimension: 2, minimumDistance: 0.1, epochs: rows.count < manyImages ? 500 : 200, seed: deriveSeed(seed, 'plane') },
    partOf(follow, searchShare, 1),
  )
  return toUnitSquare(layout.values)
}

function toUnitSquare(positions: Float32Array): Float32Array {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  positions.forEach((value, place) => {
    low[place % 2] = Math.min(low[place % 2], value)
    high[place % 2] = Math.max(high[place % 2], value)
  })
  const reach = Math.max(high[0] - low[0], high[1] - low[1]) / 2
  return positions.map((value, place) =>
    reach > 0 ? Math.max(-1, Math.min(1, (value - (low[place % 2] + high[place % 2]) / 2) / reach)) : 0,
  )
}
