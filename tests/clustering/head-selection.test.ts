import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toUnitRows } from '#engine/clustering/embeddings.ts'
import { chooseHead, doubleSoftmaxLoss, type HeadChoice, judgeHead } from '#engine/clustering/head-selection.ts'
import { adjustedRandIndex, contingencyTable, normalizedMutualInformation } from '#engine/clustering/metrics.ts'
import { type SelectionInput, selectOverlapping } from '#engine/clustering/pseudo-labels.ts'
import { createLcg } from '../golden/lcg.ts'
import { onEachBackend } from './each-backend.ts'
import { blobs, noise, randomProbabilities } from './synthetic.ts'

/** Cross-entropy of a second softmax by loops. */
function slowLoss(probabilities: Float32Array, indices: Int32Array, labels: Int32Array, clusterCount: number): number {
  const losses = Array.from(indices, (image, pair) => {
    const row = Array.from(probabilities.subarray(image * clusterCount, (image + 1) * clusterCount), Math.exp)
    return -Math.log(row[labels[pair]] / row.reduce((sum, value) => sum + value, 0))
  })
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length
}

/** A head that says `cluster` of each image with the given probability, the rest shared equally. */
function headOf(clusters: ArrayLike<number>, clusterCount: number, probability: number): Float32Array {
  const rest = (1 - probability) / (clusterCount - 1)
  return Float32Array.from({ length: clusters.length * clusterCount }, (_, place) =>
    clusters[Math.floor(place / clusterCount)] === place % clusterCount ? probability : rest,
  )
}

const likeliest = (probabilities: Float32Array, clusterCount: number): Int32Array =>
  Int32Array.from({ length: probabilities.length / clusterCount }, (_, image) => {
    const row = Array.from(probabilities.subarray(image * clusterCount, (image + 1) * clusterCount))
    return row.indexOf(Math.max(...row))
  })

/** The head to keep of several, each judged alone. */
async function choose(input: SelectionInput, rule: 'lowest-loss' | 'loss-and-agreement'): Promise<HeadChoice> {
  const judgements = []
  for (const probabilities of input.probabilities) judgements.push(await judgeHead({ ...input, probabilities: [probabilities] }))
  return chooseHead(judgements, input.clusterCount, rule)
}

describe('double-softmax loss', () => {
  it('is between ln((e + K - 1) / e), all certain and right, and ln K, knowing nothing', () => {
    for (const clusterCount of [2, 10, 200]) {
      const pairs = { indices: Int32Array.of(0, 1), labels: Int32Array.of(0, 1) }
      expect(doubleSoftmaxLoss(headOf([0, 1], clusterCount, 1), pairs, clusterCount)).toBeCloseTo(
        Math.log((Math.E + clusterCount - 1) / Math.E),
        6,
      )
      expect(doubleSoftmaxLoss(new Float32Array(2 * clusterCount).fill(1 / clusterCount), pairs, clusterCount)).toBeCloseTo(
        Math.log(clusterCount),
        6,
      )
    }
  })
})

onEachBackend(() => {
  describe('the head that is kept', () => {
    it('is that of least published loss, with the losses of PyTorch', async () => {
      const golden = JSON.parse(readFileSync(new URL('../golden/selection.json', import.meta.url), 'utf8'))
      const lcg = createLcg(12345)
      const embeddings = toUnitRows({ values: lcg.blobs(300, 16, 7, 0.8), count: 300, dimension: 16 })
      const probabilities = golden.heads.map(() => {
        const logits = Float32Array.from({ length: 300 * 7 }, () => 4 * lcg.uniform())
        return tf.tidy(() => tf.softmax(tf.tensor2d(logits, [300, 7])).dataSync() as Float32Array)
      })
      const choice = await choose({ embeddings, probabilities, clusterCount: 7, centerRatio: 0.5 }, 'lowest-loss')
      const expected: number[] = golden.heads.map((head: { loss: number }) => head.loss)
      // Softmax in float32: seven digits.
      choice.heads.forEach(({ loss }, head) => {
        expect(loss).toBeCloseTo(expected[head], 6)
      })
      expect(choice.best).toBe(expected.indexOf(Math.min(...expected)))
    })

    it('has the scores of the loops by either rule', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 12, max: 40 }),
          fc.integer({ min: 2, max: 5 }),
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 0, max: 9999 }),
          async (count, clusterCount, headCount, seed) => {
            const probabilities = Array.from({ length: headCount }, (_, head) => randomProbabilities(count, clusterCount, seed + head))
            const input = { embeddings: noise(count, 5, seed), probabilities, clusterCount, centerRatio: 0.5 }
            const selections = await selectOverlapping(input)
            const clusterings = probabilities.map((head) => likeliest(head, clusterCount))
            const published = await choose(input, 'lowest-loss')
            const careful = await choose(input, 'loss-and-agreement')
            for (let head = 0; head < headCount; head++) {
              const loss = slowLoss(probabilities[head], selections[head].indices, selections[head].labels, clusterCount)
              const others = clusterings.filter((_, other) => other !== head)
              const agreement =
                others.length === 0
                  ? 1
                  : others
                      .map((other) => normalizedMutualInformation(contingencyTable(clusterings[head], other, clusterCount, clusterCount)))
                      .reduce((sum, value) => sum + value, 0) / others.length
              const emptyClusters = clusterCount - new Set(clusterings[head]).size
              const least = Math.log(1 + (clusterCount - 1) / Math.E)
              const score = (loss - least) / (Math.log(clusterCount) - least) + emptyClusters / clusterCount - agreement / 2
              expect(published.heads[head]).toMatchObject({ head, emptyClusters })
              expect(published.heads[head].loss).toBeCloseTo(loss, 9)
              expect(published.heads[head].agreement).toBeCloseTo(agreement, 9)
              expect(careful.heads[head].loss).toBeCloseTo(score, 9)
            }
            for (const { heads, best } of [published, careful]) expect(heads[best].loss).toBe(Math.min(...heads.map(({ loss }) => loss)))
          },
        ),
        { numRuns: 25 },
      )
    })

    it('is not one that left clusters empty or that stands alone, though its loss is lower', async () => {
      const { embeddings, classes } = blobs([30, 30, 30], 8, 0.2, 3)
      const right = headOf(classes, 3, 0.8)
      const collapsed = headOf(
        classes.map((label) => (label === 2 ? 1 : label)),
        3,
        1,
      )
      const input = { embeddings, clusterCount: 3, centerRatio: 0.5, probabilities: [collapsed, right, right] }
      const { best, heads } = await choose(input, 'loss-and-agreement')
      expect([best, heads[0].emptyClusters, heads[1].emptyClusters]).toEqual([1, 1, 0])

      const alone = headOf(
        classes.map((_, image) => image % 3),
        3,
        0.8,
      )
      const crowd = await choose({ ...input, probabilities: [alone, right, right] }, 'loss-and-agreement')
      expect(adjustedRandIndex(contingencyTable(classes, likeliest(input.probabilities[crowd.best], 3), 3, 3))).toBe(1)
      expect(crowd.heads[0].agreement).toBeLessThan(crowd.heads[1].agreement)
    })

    it('is the first of equals, whatever their number', async () => {
      const probabilities = randomProbabilities(20, 4, 1)
      const input = {
        embeddings: noise(20, 4, 1),
        clusterCount: 4,
        centerRatio: 0.5,
        probabilities: [probabilities, probabilities, probabilities],
      }
      for (const rule of ['lowest-loss', 'loss-and-agreement'] as const) expect((await choose(input, rule)).best).toBe(0)
    })

    it('has finite scores for a single cluster', async () => {
      const input = { embeddings: noise(6, 4, 1), clusterCount: 1, centerRatio: 0.5, probabilities: [new Float32Array(6).fill(1)] }
      for (const rule of ['lowest-loss', 'loss-and-agreement'] as const) {
        const { heads, best } = await choose(input, rule)
        expect({ best, finite: Number.isFinite(heads[0].loss), empty: heads[0].emptyClusters }).toEqual({ best: 0, finite: true, empty: 0 })
      }
    })

    it('leaves no tensor', async () => {
      const before = tf.memory().numTensors
      await choose(
        { embeddings: noise(12, 4, 1), clusterCount: 3, centerRatio: 0.5, probabilities: [randomProbabilities(12, 3, 1)] },
        'loss-and-agreement',
      )
      expect(tf.memory().numTensors).toBe(before)
    })
  })
})
