import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeGraph, encodeGraph } from '#engine/clustering/stored-graph.ts'
import { randomGraph } from './random-graph.ts'

it('a graph is read as it was written, and not at all when its bytes are cut off or of another kind', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 99 }), fc.nat(), (count, seed, cut) => {
      const { graph } = randomGraph(count, seed)
      const bytes = encodeGraph(graph)
      expect(decodeGraph(bytes)).toEqual(graph)
      expect(decodeGraph(Buffer.from(bytes))).toEqual(graph)
      expect(decodeGraph(bytes.subarray(0, cut % bytes.length))).toBeUndefined()
    }),
  )
  expect(decodeGraph(new Uint8Array(40).fill(7))).toBeUndefined()
})
