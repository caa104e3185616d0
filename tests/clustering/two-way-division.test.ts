import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linksAmong, nearestOthers, toLinks } from '#engine/clustering/neighbour-links.ts'
import { divideInTwo } from '#engine/clustering/two-way-division.ts'
import { createRandom } from '#engine/ml/random.ts'
import { linkTable, randomOthers, slowCrossing, slowNearest } from './random-neighbours.ts'
import { blobs } from './synthetic.ts'

const setting = [fc.integer({ min: 4, max: 12 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 999 })] as const
const all = (count: number): number[] => Array.from({ length: count }, (_, image) => image)
const split = (sides: ArrayLike<number>): [number[], number[]] => {
  const images = all(sides.length)
  return [images.filter((image) => sides[image] === 0), images.filter((image) => sides[image] === 1)]
}

describe('links', () => {
  it('are those of the table, of all images and among some', () => {
    fc.assert(
      fc.property(...setting, (count, width, seed) => {
        const nearest = randomOthers(count, width, seed)
        const table = linkTable(nearest)
        const links = toLinks(nearest)
        const members = createRandom(seed)
          .shuffled(count)
          .subarray(0, Math.ceil(count / 2))
        for (const { among, images } of [
          { among: links, images: all(count) },
          { among: linksAmong(links, members), images: [...members] },
        ])
          for (const [place, image] of images.entries()) {
            const found = [...among.others.subarray(among.starts[place], among.starts[place + 1])].sort((a, b) => a - b)
            expect(found).toEqual(images.flatMap((other, at) => new Array<number>(table[image][other]).fill(at)))
          }
      }),
    )
  })

  it('leave the image itself out of its neighbours', () => {
    const neighbours = { count: 2, neighbourCount: 2, indices: Int32Array.of(0, 1, 1, 0), similarities: new Float32Array(4) }
    expect(nearestOthers(neighbours, 15)).toEqual({ count: 2, width: 1, others: Int32Array.of(1, 0) })
  })
})

describe('division in two', () => {
  it('has the crossing of the table, no side too small, and never less than the best of all divisions', () => {
    fc.assert(
      fc.property(...setting, (count, width, seed) => {
        const nearest = randomOthers(count, width, seed)
        const table = linkTable(nearest)
        const found = divideInTwo(toLinks(nearest))!
        const [larger, smaller] = split(found.sides)
        expect(smaller.length).toBeGreaterThanOrEqual(2)
        expect(larger.length).toBeGreaterThanOrEqual(smaller.length)
        expect(found.crossing).toBeCloseTo(slowCrossing(table, larger, smaller), 9)
        let least = Number.POSITIVE_INFINITY
        for (let code = 0; code < 2 ** (count - 1); code++) {
          const sides = all(count).map((image) => (code >> image) & 1)
          const [one, other] = split(sides)
          if (Math.min(one.length, other.length) >= 2) least = Math.min(least, slowCrossing(table, one, other))
        }
        expect(found.crossing).toBeGreaterThanOrEqual(least - 1e-9)
      }),
      { numRuns: 40 },
    )
  })

  it.each([
    [40, 40],
    [90, 12],
    [25, 70],
  ])('is that of two groups of %i and %i images, linked or not', (first, second) => {
    for (const spread of [0.3, 0.7]) {
      const { embeddings, classes } = blobs([first, second], 6, spread, 4)
      const nearest = slowNearest(embeddings, 8)
      const { sides, crossing } = divideInTwo(toLinks(nearest))!
      const differing = sides.filter((side, image) => side !== classes[image]).length
      expect(Math.min(differing, sides.length - differing) / sides.length).toBeLessThan(0.05)
      expect(crossing).toBeLessThanOrEqual(slowCrossing(linkTable(nearest), ...split(classes)) * 1.05)
    }
  })

  it('is null for fewer than four images, and takes a group without links for none', () => {
    const lonely = (count: number) => ({ count, starts: new Int32Array(count + 1), others: new Int32Array() })
    expect(divideInTwo(lonely(3))).toBeNull()
    expect(divideInTwo(lonely(0))).toBeNull()
    expect(divideInTwo(lonely(6))?.crossing).toBe(1)
  })
})
