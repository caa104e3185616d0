import { describe, expect, it } from 'vitest'
import { propagateLabels } from '#engine/clustering/label-propagation.ts'
import { type NeighbourGraph, toNeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { onEachBackend } from './each-backend.ts'
import { blobs, noise } from './synthetic.ts'

/** The closed form of Zhou et al.: F = (1 - a) (I - a S)^-1 Y by Gaussian elimination, a for four labels of three classes, each class divided by its mass, rows by their sum. */
function slowShares({ count, starts, others, weights }: NeighbourGraph, labels: Int32Array, classCount: number): number[][] {
  const table = Array.from({ length: count }, () => new Array<number>(count).fill(0))
  for (let row = 0; row < count; row++)
    for (let edge = starts[row]; edge < starts[row + 1]; edge++) table[row][others[edge]] = weights[edge]
  const degrees = table.map((row) => row.reduce((sum, weight) => sum + weight, 0))
  const system = table.map((row, image) => [
    ...row.map((weight, other) => Number(image === other) - ((1 - 0.04 / 3) * weight) / Math.sqrt(degrees[image] * degrees[other])),
    ...Array.from({ length: classCount }, (_, label) => Number(labels[image] === label)),
  ])
  for (let pivot = 0; pivot < count; pivot++)
    for (let row = 0; row < count; row++) {
      if (row === pivot) continue
      const factor = system[row][pivot] / system[pivot][pivot]
      system[row] = system[row].map((value, column) => value - factor * system[pivot][column])
    }
  const reached = system.map((row, image) => row.slice(count).map((value) => value / row[image] / Math.sqrt(degrees[image])))
  const masses = Array.from({ length: classCount }, (_, label) => reached.reduce((sum, row) => sum + row[label], 0))
  return reached.map((row) => {
    const shares = row.map((value, label) => value / masses[label])
    const total = shares.reduce((sum, share) => sum + share, 0)
    return shares.map((share) => share / total)
  })
}

onEachBackend(() => {
  const graphOf = async (embeddings: Parameters<typeof findNeighbours>[0]): Promise<NeighbourGraph> =>
    toNeighbourGraph(await findNeighbours(embeddings, { neighbourCount: 6, memoryBytes: 1e6 }))

  describe('spreading of labels', () => {
    it('is near the closed form, which it reaches in the end', async () => {
      const graph = await graphOf(noise(40, 5, 1))
      const labels = new Int32Array(40).fill(-1)
      labels.set([0, 1, 2, 0])
      const { shares } = propagateLabels(graph, labels, 3, 1)
      for (const [image, wanted] of slowShares(graph, labels, 3).entries())
        wanted.forEach((share, label) => {
          expect(Math.abs(shares[image * 3 + label] - share)).toBeLessThan(0.12)
        })
    })

    it('finds all of each class from one image, also of a class ten times as large as another', async () => {
      const { embeddings, classes } = blobs([100, 40, 20, 10], 10, 0.45, 3)
      const labels = classes.map((label, image) => (classes.indexOf(label) === image ? label : -1))
      const found = propagateLabels(await graphOf(embeddings), labels, 4, 1).classes
      expect(found.filter((label, image) => label !== classes[image]).length).toBeLessThanOrEqual(3)
    })

    it('never changes a given label, is the same for the same seed, and needs one label at least', async () => {
      const graph = await graphOf(noise(30, 5, 2))
      const labels = Int32Array.from({ length: 30 }, (_, image) => (image % 3 === 0 ? (image / 3) % 4 : -1))
      const found = propagateLabels(graph, labels, 4, 1)
      labels.forEach((label, image) => {
        if (label >= 0) expect(found.classes[image]).toBe(label)
      })
      expect(propagateLabels(graph, labels, 4, 1)).toEqual(found)
      expect(() => propagateLabels(graph, new Int32Array(30).fill(-1), 4, 1)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
    })

    it('leaves what no label reaches without a share', () => {
      const graph = {
        count: 4,
        starts: Int32Array.of(0, 1, 2, 3, 4),
        others: Int32Array.of(1, 0, 3, 2),
        weights: new Float32Array(4).fill(1),
      }
      const { shares, classes } = propagateLabels(graph, Int32Array.of(0, -1, -1, -1), 2, 1)
      expect([...shares]).toEqual([1, 0, 1, 0, 0, 0, 0, 0])
      expect(classes.subarray(0, 2)).toEqual(Int32Array.of(0, 0))
    })
  })
})
