import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignWithRoom, clusterRooms, selectDisjoint } from '#engine/clustering/disjoint-selection.ts'
import { createRandom } from '#engine/ml/random.ts'
import { onEachBackend } from './each-backend.ts'
import { blobs, noise, randomProbabilities } from './synthetic.ts'

const options = { massSoftness: 0.5, repairEmpty: true }

/** The rule with loops: the image with the widest margin chooses next, its nearest cluster with room, or the second nearest. */
function slowAssignment(similarities: Float32Array, rooms: Int32Array): number[] {
  const clusterCount = rooms.length
  const left = [...rooms]
  const labels: number[] = Array.from({ length: similarities.length / clusterCount }, () => -1)
  const waiting = new Set(labels.keys())
  while (waiting.size > 0) {
    let chosen = -1
    let widest = Number.NEGATIVE_INFINITY
    let choices: number[] = []
    for (const image of waiting) {
      const own = Array.from(similarities.subarray(image * clusterCount, (image + 1) * clusterCount))
      const ranked = own.map((_, cluster) => cluster).sort((a, b) => own[b] - own[a] || a - b)
      const margin = own[ranked[0]] - own[ranked[1]]
      if (margin > widest) {
        widest = margin
        chosen = image
        choices = ranked.slice(0, 2)
      }
    }
    waiting.delete(chosen)
    const cluster = choices.find((choice) => left[choice] > 0)
    if (cluster === undefined) continue
    labels[chosen] = cluster
    left[cluster]--
  }
  return labels
}

onEachBackend(() => {
  describe('disjoint pseudo-labels', () => {
    it('are assigned as by the loops', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 3, max: 40 }),
          fc.integer({ min: 2, max: 6 }),
          fc.integer({ min: 0, max: 9999 }),
          (count, clusterCount, seed) => {
            const similarities = randomProbabilities(count, clusterCount, seed)
            const rooms = clusterRooms(randomProbabilities(1, clusterCount, seed + 1), count, 0.5)
            const supports = Array.from({ length: clusterCount }, () => Int32Array.of(0))
            expect(Array.from(assignWithRoom(similarities, rooms, supports, undefined))).toEqual(slowAssignment(similarities, rooms))
          },
        ),
      )
    })

    it('have room for every image: the predicted mass at softness 0, equal sizes at 1', () => {
      expect(Array.from(clusterRooms([0.7, 0.2, 0.1], 100, 0))).toEqual([70, 20, 10])
      expect(Array.from(clusterRooms([0.7, 0.2, 0.1], 10, 1))).toEqual([4, 3, 3])
      expect(Array.from(clusterRooms([1, 0], 105, 0))).toEqual([100, 5])
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 20 }),
          fc.integer({ min: 0, max: 500 }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          (clusterCount, more, softness) => {
            const rooms = clusterRooms(randomProbabilities(1, clusterCount, more), 20 * clusterCount + more, softness)
            return rooms.reduce((sum, room) => sum + room, 0) === 20 * clusterCount + more && rooms.every((room) => room > 0)
          },
        ),
      )
    })

    it('give each image one label at most and leave no cluster empty, whatever the heads say', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 6, max: 60 }),
          fc.integer({ min: 2, max: 6 }),
          fc.integer({ min: 0, max: 9999 }),
          async (count, clusterCount, seed) => {
            const dead = new Float32Array(count * clusterCount)
            for (let image = 0; image < count; image++) dead[image * clusterCount] = 1
            const probabilities = [randomProbabilities(count, clusterCount, seed), dead]
            for (const { indices, labels, supports } of await selectDisjoint(
              { embeddings: noise(count, 5, seed), probabilities, clusterCount, centerRatio: 0.5 },
              options,
            )) {
              expect(new Set(indices).size).toBe(indices.length)
              expect(new Set(labels).size).toBe(clusterCount)
              expect(supports.every((support) => support.length > 0)).toBe(true)
            }
          },
        ),
        { numRuns: 25 },
      )
    })

    it('respect unequal sizes where the published rule would force equal ones', async () => {
      const { embeddings, classes } = blobs([100, 10], 8, 0.2, 3)
      const probabilities = Float32Array.from({ length: 220 }, (_, place) => (classes[place >> 1] === place % 2 ? 0.9 : 0.1))
      const [{ indices, labels }] = await selectDisjoint(
        { embeddings, probabilities: [probabilities], clusterCount: 2, centerRatio: 0.5 },
        { massSoftness: 0, repairEmpty: true },
      )
      const wrong = indices.filter((image, pair) => classes[image] !== labels[pair]).length
      expect(indices.length).toBe(110)
      expect(wrong).toBeLessThanOrEqual(10)
    })

    it('obey fixed labels, also beyond the room of a cluster', async () => {
      const fixedLabels = new Int32Array(20).fill(-1).fill(1, 0, 16)
      const [{ indices, labels }] = await selectDisjoint(
        { embeddings: noise(20, 4, 1), probabilities: [randomProbabilities(20, 3, 1)], clusterCount: 3, centerRatio: 0.5, fixedLabels },
        options,
      )
      for (let image = 0; image < 16; image++) expect(Array.from(labels.filter((_, pair) => indices[pair] === image))).toEqual([1])
      expect(new Set(labels)).toEqual(new Set([0, 1, 2]))
    })

    it('leave no cluster empty where a person fixed many images, and move none of those', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 4, max: 30 }),
          fc.integer({ min: 2, max: 5 }),
          fc.integer({ min: 0, max: 10 }),
          fc.boolean(),
          fc.integer({ min: 0, max: 9999 }),
          async (count, clusterCount, fixedTenths, allInOne, seed) => {
            const random = createRandom(seed)
            const fixedLabels = Int32Array.from({ length: count }, () =>
              random.integer(10) < fixedTenths ? (allInOne ? 0 : random.integer(clusterCount)) : -1,
            )
            const free = fixedLabels.filter((label) => label < 0).length
            const unfixed = clusterCount - new Set(fixedLabels.filter((label) => label >= 0)).size
            fc.pre(free >= unfixed)
            const dead = new Float32Array(count * clusterCount)
            for (let image = 0; image < count; image++) dead[image * clusterCount] = 1
            const probabilities = [dead, randomProbabilities(count, clusterCount, seed)]
            const input = { embeddings: noise(count, 4, seed), probabilities, clusterCount, centerRatio: 0.5, fixedLabels }
            for (const { indices, labels } of await selectDisjoint(input, options)) {
              expect(new Set(labels).size).toBe(clusterCount)
              const found = new Map(Array.from(indices, (image, pair) => [image, labels[pair]]))
              fixedLabels.forEach((label, image) => {
                if (label >= 0) expect(found.get(image)).toBe(label)
              })
            }
          },
        ),
        { numRuns: 60 },
      )
    })

    it('leave a cluster empty without repair, or where all images are equal', async () => {
      const probabilities = [Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0)]
      const [unrepaired] = await selectDisjoint(
        { embeddings: noise(4, 3, 1), probabilities, clusterCount: 2, centerRatio: 1 },
        { ...options, repairEmpty: false },
      )
      const equal = { values: new Float32Array(12).fill(0.57735), count: 4, dimension: 3 }
      const [same] = await selectDisjoint({ embeddings: equal, probabilities, clusterCount: 2, centerRatio: 1 }, options)
      expect([new Set(unrepaired.labels), new Set(same.labels)]).toEqual([new Set([0]), new Set([0])])
    })

    it('leave no tensor', async () => {
      const before = tf.memory().numTensors
      await selectDisjoint(
        { embeddings: noise(9, 4, 1), probabilities: [randomProbabilities(9, 3, 1)], clusterCount: 3, centerRatio: 0.5 },
        options,
      )
      expect(tf.memory().numTensors).toBe(before)
    })
  })
})
