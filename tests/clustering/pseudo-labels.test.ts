import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Embeddings, rowsOf, toUnitRows } from '#engine/clustering/embeddings.ts'
import { toPrototypes } from '#engine/clustering/prototypes.ts'
import { selectOverlapping } from '#engine/clustering/pseudo-labels.ts'
import { createRandom } from '#engine/ml/random.ts'
import { createLcg } from '../golden/lcg.ts'
import { onEachBackend } from './each-backend.ts'
import { dot, noise, randomProbabilities, rowOf } from './synthetic.ts'

/** SPICE's selection with loops: what each cluster supports and selects, sorted by image, and how close the closest choice was. */
function slowSelection(
  embeddings: Embeddings,
  probabilities: Float32Array,
  clusterCount: number,
  centerRatio: number,
): { supports: number[][]; selected: number[][]; closest: number } {
  const labelCount = Math.floor(embeddings.count / clusterCount)
  const supportCount = Math.floor(centerRatio * labelCount)
  const images = Array.from({ length: embeddings.count }, (_, image) => image)
  let closest = Number.POSITIVE_INFINITY
  const largest = (score: (image: number) => number, count: number): number[] => {
    const order = [...images].sort((a, b) => score(b) - score(a) || a - b)
    if (count < order.length) closest = Math.min(closest, score(order[count - 1]) - score(order[count]))
    return order.slice(0, count)
  }
  const supports: number[][] = []
  const selected: number[][] = []
  for (let cluster = 0; cluster < clusterCount; cluster++) {
    const support = largest((image) => probabilities[image * clusterCount + cluster], supportCount)
    const prototype = rowOf(embeddings, 0).map(
      (_, column) => support.reduce((sum, image) => sum + rowOf(embeddings, image)[column], 0) / support.length,
    )
    supports.push(support.sort((a, b) => a - b))
    selected.push(largest((image) => dot(rowOf(embeddings, image), prototype), labelCount).sort((a, b) => a - b))
  }
  return { supports, selected, closest }
}

function byCluster({ indices, labels }: { indices: Int32Array; labels: Int32Array }, clusterCount: number): number[][] {
  return Array.from({ length: clusterCount }, (_, cluster) =>
    Array.from(indices.filter((_, pair) => labels[pair] === cluster)).sort((a, b) => a - b),
  )
}

const sorted = (list: Int32Array): number[] => Array.from(list).sort((a, b) => a - b)

onEachBackend(() => {
  describe('published pseudo-labels', () => {
    it('are those of PyTorch', async () => {
      const golden = JSON.parse(readFileSync(new URL('../golden/selection.json', import.meta.url), 'utf8'))
      const lcg = createLcg(12345)
      const embeddings = toUnitRows({ values: lcg.blobs(300, 16, 7, 0.8), count: 300, dimension: 16 })
      const probabilities = Array.from({ length: 3 }, () => {
        const logits = Float32Array.from({ length: 300 * 7 }, () => 4 * lcg.uniform())
        return tf.tidy(() => tf.softmax(tf.tensor2d(logits, [300, 7])).dataSync() as Float32Array)
      })
      const found = await selectOverlapping({ embeddings, probabilities, clusterCount: 7, centerRatio: 0.5 })
      found.forEach((head, index) => {
        expect(head.supports.map(sorted)).toEqual(golden.heads[index].supports)
        expect(byCluster(head, 7)).toEqual(golden.heads[index].selected)
        // float32 rounding of the mean of 21 rows of unit length
        toPrototypes(embeddings, head.supports).forEach((value, place) => {
          expect(value).toBeCloseTo(golden.heads[index].prototypes[place], 6)
        })
      })
    })

    it('are those of the loops, with images / clusters for every cluster', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 12, max: 60 }),
          fc.integer({ min: 2, max: 5 }),
          fc.integer({ min: 0, max: 9999 }),
          async (count, clusterCount, seed) => {
            const embeddings = noise(count, 6, seed)
            const probabilities = randomProbabilities(count, clusterCount, seed + 1)
            const { closest, ...expected } = slowSelection(embeddings, probabilities, clusterCount, 0.5)
            // Sums in float32 may decide a nearer choice the other way.
            fc.pre(closest > 1e-6)
            const [found] = await selectOverlapping({ embeddings, probabilities: [probabilities], clusterCount, centerRatio: 0.5 })
            expect({ supports: found.supports.map(sorted), selected: byCluster(found, clusterCount) }).toEqual(expected)
            expect(found.indices.length).toBe(Math.floor(count / clusterCount) * clusterCount)
          },
        ),
        { numRuns: 30 },
      )
    })

    it('follow a permutation of the images', async () => {
      const embeddings = noise(40, 6, 1)
      const probabilities = randomProbabilities(40, 4, 2)
      const order = createRandom(3).shuffled(40)
      const moved = rowsOf({ values: probabilities, count: 40, dimension: 4 }, order).values
      const options = { clusterCount: 4, centerRatio: 0.5 }
      const [plain] = await selectOverlapping({ embeddings, probabilities: [probabilities], ...options })
      const [shuffled] = await selectOverlapping({ embeddings: rowsOf(embeddings, order), probabilities: [moved], ...options })
      expect(byCluster({ indices: shuffled.indices.map((row) => order[row]), labels: shuffled.labels }, 4)).toEqual(byCluster(plain, 4))
    })

    it('give an image several labels where clusters claim the same ones', async () => {
      const embeddings = noise(20, 4, 1)
      const [{ indices }] = await selectOverlapping({
        embeddings,
        probabilities: [new Float32Array(40).fill(0.5)],
        clusterCount: 2,
        centerRatio: 0.5,
      })
      expect(Array.from(indices.subarray(0, 10))).toEqual(Array.from(indices.subarray(10)))
    })

    it('obey fixed labels, each exactly once', async () => {
      const embeddings = noise(30, 4, 1)
      const fixedLabels = new Int32Array(30).fill(-1)
      fixedLabels[4] = 2
      fixedLabels[9] = 0
      const [{ indices, labels }] = await selectOverlapping({
        embeddings,
        probabilities: [randomProbabilities(30, 3, 1)],
        clusterCount: 3,
        centerRatio: 0.5,
        fixedLabels,
      })
      expect(Array.from(labels.filter((_, pair) => indices[pair] === 4))).toEqual([2])
      expect(Array.from(labels.filter((_, pair) => indices[pair] === 9))).toEqual([0])
    })

    it('take the memory of one head, whatever their number', async () => {
      const embeddings = noise(200, 4, 1)
      const peakBytes = async (headCount: number): Promise<number> => {
        const probabilities = Array.from({ length: headCount }, (_, head) => randomProbabilities(200, 20, head))
        const work = () => selectOverlapping({ embeddings, probabilities, clusterCount: 20, centerRatio: 0.5 })
        const before = tf.memory().numBytes
        return (await tf.profile(work as unknown as () => Promise<tf.TensorContainer>)).peakBytes - before
      }
      const one = await peakBytes(1)
      expect(one).toBeGreaterThanOrEqual(4 * 200 * 20)
      expect(await peakBytes(4)).toBe(one)
    })

    it('work for two images and two clusters, refuse fewer images than clusters, and leave no tensor', async () => {
      const before = tf.memory().numTensors
      const two = { embeddings: noise(2, 3, 1), probabilities: [Float32Array.of(0.9, 0.1, 0.2, 0.8)], clusterCount: 2, centerRatio: 0.5 }
      const [{ indices, labels }] = await selectOverlapping(two)
      expect({ indices: Array.from(indices), labels: Array.from(labels) }).toEqual({ indices: [0, 1], labels: [0, 1] })
      await expect(selectOverlapping({ ...two, clusterCount: 3, probabilities: [new Float32Array(6)] })).rejects.toMatchObject({
        code: 'BAD_CLUSTER_COUNT',
      })
      expect(tf.memory().numTensors).toBe(before)
    })
  })
})
