import fc from 'fast-check'
import { expect, it } from 'vitest'
import { typicalRows } from '#engine/clustering/typical-rows.ts'

it('gives the same as sorting every cluster', () => {
  const image = fc.record({
    cluster: fc.integer({ min: 1, max: 4 }),
    confidence: fc.integer({ min: 0, max: 5 }),
    reliable: fc.integer({ min: 0, max: 1 }),
  })
  fc.assert(
    fc.property(fc.array(image, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (images, count) => {
      const confidences = images.map(({ confidence }) => confidence / 5)
      const found = typicalRows(
        images.map(({ cluster }) => cluster),
        confidences,
        images.map(({ reliable }) => reliable),
        count,
      )
      const rows = images.map((_, row) => row)
      for (const cluster of new Set(images.map((image) => image.cluster))) {
        const sorted = rows
          .filter((row) => images[row]!.cluster === cluster)
          .sort((a, b) => images[b]!.reliable - images[a]!.reliable || confidences[b]! - confidences[a]! || a - b)
        expect(found.get(cluster)).toEqual(sorted.slice(0, count))
      }
      expect(found.size).toBe(new Set(images.map((image) => image.cluster)).size)
    }),
  )
})
