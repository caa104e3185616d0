import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toUnitRows } from '#engine/clustering/embeddings.ts'
import { neighbourCountFor, type ReliableInput, selectByQuantile, selectByThreshold } from '#engine/clustering/local-consistency.ts'
import { findNeighbours } from '#engine/clustering/neighbours.ts'
import { createRandom } from '#engine/ml/random.ts'
import { createLcg } from '../golden/lcg.ts'
import { onEachBackend } from './each-backend.ts'
import { blobs, noise } from './synthetic.ts'

async function randomInput(count: number, clusterCount: number, seed: number): Promise<ReliableInput> {
  const random = createRandom(seed)
  return {
    neighbours: await findNeighbours(noise(count, 5, seed), { neighbourCount: 8, memoryBytes: 1e6 }),
    clusters: Int32Array.from({ length: count }, () => random.integer(clusterCount)),
    confidences: Float32Array.from({ length: count }, () => random.uniform()),
    clusterCount,
    seed,
  }
}

const sizesOf = ({ clusters, clusterCount }: ReliableInput): number[] =>
  Array.from({ length: clusterCount }, (_, cluster) => clusters.filter((own) => own === cluster).length)

onEachBackend(() => {
  describe('published reliable samples', () => {
    it('are those of PyTorch before the balance, and as many as the poorest cluster after it', async () => {
      const golden = JSON.parse(readFileSync(new URL('../golden/local-consistency.json', import.meta.url), 'utf8'))
      const lcg = createLcg(2024)
      const embeddings = toUnitRows({ values: lcg.blobs(400, 8, 4, 0.7), count: 400, dimension: 8 })
      const logits = new Float32Array(1600)
      for (let image = 0; image < 400; image++) {
        const target = lcg.uniform() > 0.1 ? image % 4 : Math.floor(lcg.uniform() * 4)
        logits[image * 4 + target] = 5 + 4 * lcg.uniform()
      }
      const probabilities = tf.tidy(() => tf.softmax(tf.tensor2d(logits, [400, 4])).dataSync() as Float32Array)
      const clusters = Int32Array.from({ length: 400 }, (_, image) => {
        const row = probabilities.subarray(image * 4, image * 4 + 4)
        return row.indexOf(Math.max(...row))
      })
      const confidences = Float32Array.from(clusters, (cluster, image) => probabilities[image * 4 + cluster])
      const neighbours = await findNeighbours(embeddings, { neighbourCount: 50, memoryBytes: 1e6 })
      const found = selectByThreshold({ neighbours, clusters, confidences, clusterCount: 4, seed: 1 }, 0.9, 0.99)
      expect(Array.from(clusters)).toEqual(golden.clusters)
      expect(Array.from(found.consistencies, (share) => Math.round(share * 50))).toEqual(golden.agreement)
      expect(Array.from(found.counts)).toEqual(new Array(4).fill(golden.balancedCount))
      expect(Array.from(found.reliable.keys()).every((image) => found.reliable[image] <= golden.kept[image])).toBe(true)
    })

    it('are those of the loops', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 2, max: 60 }),
          fc.integer({ min: 1, max: 3 }),
          fc.integer({ min: 0, max: 9999 }),
          async (count, clusterCount, seed) => {
            const input = await randomInput(count, clusterCount, seed)
            const { neighbourCount, indices } = input.neighbours
            const passed = Array.from({ length: clusterCount }, () => 0)
            const passes = Array.from({ length: count }, (_, image) => {
              let agreeing = 0
              for (let place = 0; place < neighbourCount; place++)
                if (input.clusters[indices[image * neighbourCount + place]] === input.clusters[image]) agreeing++
              const passing = agreeing >= neighbourCount * 0.5 && input.confidences[image] > 0.25
              if (passing) passed[input.clusters[image]]++
              return passing
            })
            const found = selectByThreshold(input, 0.5, 0.25)
            expect(Array.from(found.counts)).toEqual(passed.map(() => Math.min(...passed)))
            expect(found.reliable.every((flag, image) => flag === 0 || passes[image])).toBe(true)
            expect(found.reliable.reduce((sum, flag) => sum + flag, 0)).toBe(clusterCount * Math.min(...passed))
          },
        ),
        { numRuns: 30 },
      )
    })

    it('reach the agreement but must pass the confidence', async () => {
      const input = { ...(await randomInput(6, 1, 1)), confidences: new Float32Array(6).fill(0.99) }
      expect(selectByThreshold(input, 1, 0.99).counts[0]).toBe(0)
      expect(selectByThreshold({ ...input, confidences: input.confidences.fill(0.9901) }, 1, 0.99).counts[0]).toBe(6)
    })

    it('draw by the seed alone, and say so when nothing is left', async () => {
      const input = await randomInput(60, 3, 4)
      expect(selectByThreshold(input, 0.2, 0.1)).toEqual(selectByThreshold(input, 0.2, 0.1))
      const none = selectByThreshold({ ...input, clusterCount: 4 }, 0.2, 0.1)
      expect(none.counts).toEqual(new Int32Array(4))
      expect(none.advice[0]!.text).toMatch(/cluster 4 had none/)
    })
  })

  describe('reliable samples by quantile', () => {
    it('are never empty: every cluster keeps five, or all it has', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 2, max: 80 }),
          fc.integer({ min: 1, max: 8 }),
          fc.integer({ min: 0, max: 9999 }),
          async (count, clusterCount, seed) => {
            const input = await randomInput(count, clusterCount, seed)
            const { counts, reliable } = selectByQuantile(input, 0.3, 0.75)
            const sizes = sizesOf(input)
            expect(Array.from(counts).every((kept, cluster) => kept >= Math.min(5, sizes[cluster]) && kept <= sizes[cluster])).toBe(true)
            const recount = new Int32Array(clusterCount)
            reliable.forEach((flag, image) => {
              recount[input.clusters[image]] += flag
            })
            expect(recount).toEqual(counts)
          },
        ),
        { numRuns: 40 },
      )
    })

    it('are the best by the lower of both ranks, of those that agree more than chance (loops)', async () => {
      for (const seed of [1, 2, 3]) {
        const { embeddings, classes } = blobs([40, 40], 6, 0.8, seed)
        const random = createRandom(seed)
        const neighbours = await findNeighbours(embeddings, { neighbourCount: 10, memoryBytes: 1e6 })
        const confidences = Float32Array.from({ length: 80 }, () => random.uniform())
        const { reliable, consistencies } = selectByQuantile({ neighbours, clusters: classes, confidences, clusterCount: 2, seed }, 0.5, 1)
        for (const cluster of [0, 1]) {
          const members = Array.from(classes.keys()).filter((image) => classes[image] === cluster)
          const rank = (values: Float32Array, image: number): number => members.filter((other) => values[other] <= values[image]).length
          const lowest = (image: number): number => Math.min(rank(consistencies, image), rank(confidences, image))
          const candidates = members.filter((image) => (consistencies[image] * 10 - 1) / 9 > 39 / 79 + 1e-6)
          const kept = members.filter((image) => reliable[image] === 1)
          const wanted = candidates
            .map(lowest)
            .sort((a, b) => b - a)
            .slice(0, 20)
          expect(kept.map(lowest).sort((a, b) => b - a)).toEqual(wanted)
        }
      }
    })

    it('follow the sizes of the clusters, up to the quantile of all', async () => {
      const { embeddings, classes } = blobs([200, 40, 40, 40], 8, 0.2, 3)
      const input: ReliableInput = {
        neighbours: await findNeighbours(embeddings, { neighbourCount: 10, memoryBytes: 1e6 }),
        clusters: classes,
        confidences: new Float32Array(320).fill(0.9),
        clusterCount: 4,
        seed: 1,
      }
      expect(Array.from(selectByQuantile(input, 0.5, 1).counts)).toEqual([100, 20, 20, 20])
      expect(Array.from(selectByQuantile(input, 0.5, 0.75).counts)).toEqual([40, 20, 20, 20])
    })

    it('say which clusters are thin or empty', async () => {
      const input = await randomInput(20, 2, 2)
      const { advice } = selectByQuantile({ ...input, clusters: input.clusters.fill(0).fill(1, 0, 4), clusterCount: 3 }, 0.9, 1)
      expect(advice).toHaveLength(2)
      expect(advice[0]!.text).toMatch(/^Empty: cluster 3 /)
      expect(advice[1]!.text).toMatch(/^Thin: cluster 2 /)
    })
  })

  describe('the number of neighbours', () => {
    it('scales with images a cluster, between 10 and 100, at most all', () => {
      expect([neighbourCountFor(50_000, 10), neighbourCountFor(1000, 10), neighbourCountFor(200, 10), neighbourCountFor(6, 3)]).toEqual([
        100, 20, 10, 6,
      ])
    })
  })
})
