import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import type { Embeddings } from './embeddings.ts'
import { toGraphCoordinates } from './graph-coordinates.ts'
import { fitLayoutCurve } from './layout-curve.ts'
import { descend } from './layout-descent.ts'
import type { NeighbourGraph } from './neighbour-graph.ts'
import type { Follow } from './pause.ts'
import { toPrincipalCoordinates } from './principal-coordinates.ts'

export type NeighbourEmbeddingOptions = Readonly<{
  /** Numbers of each row of the result: 2 for a picture, about 10 to cluster. */
  dimension: number
  /** How close points may lie, 0-1, where 1 is the scale of the layout: 0.1 for a picture, 0 to cluster. */
  minimumDistance: number
  /** Passes over the graph. */
  epochs: number
  seed: number
}>

const negativeCount = 5
const smoothingRounds = 30
/** The start reaches from -10 to 10 on its widest axis, with a little noise that parts duplicates. */
const startReach = 10
const startNoise = 1e-3

/**
 * Puts the images into few dimensions so that those who are neighbours lie together: coordinates that change slowly along the graph,
 * from principal coordinates, are moved by attraction of neighbours and repulsion of random others.
 *
 * @param embeddings The rows from which `graph` was made; principal coordinates give the start.
 * @returns `[count, dimension]`, finite; the scale is that of the curve, the place of the origin means nothing. Same seed, same bytes.
 * @throws CANCELLED.
 * @source McInnes, Healy & Melville 2018 (UMAP). Differs from the paper: the start is a few rounds of subspace iteration from principal
 *   coordinates, not exact eigenvectors.
 */
export async function embedNeighbours(
  embeddings: Embeddings,
  graph: NeighbourGraph,
  options: NeighbourEmbeddingOptions,
  follow: Follow = {},
): Promise<Embeddings> {
  const { dimension, seed } = options
  const positions = startPositions(embeddings, graph, dimension, seed)
  const curve = fitLayoutCurve(options.minimumDistance, 1)
  await descend(positions, graph, { dimension, curve, epochs: options.epochs, negativeCount, seed: deriveSeed(seed, 'descent') }, follow)
  return { values: positions, count: graph.count, dimension }
}

function startPositions(embeddings: Embeddings, graph: NeighbourGraph, dimension: number, seed: number): Float32Array {
  const principal = toPrincipalCoordinates(embeddings, dimension, deriveSeed(seed, 'principal'))
  const start = new Float32Array(graph.count * dimension)
  for (let row = 0; row < graph.count; row++)
    start.set(principal.values.subarray(row * principal.dimension, (row + 1) * principal.dimension), row * dimension)
  const positions = toGraphCoordinates(graph, start, dimension, smoothingRounds)
  const reach = positions.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const random = createRandom(deriveSeed(seed, 'noise'))
  const factor = reach > 0 ? startReach / reach : 0
  return positions.map((value) => value * factor + startNoise * random.normal())
}
