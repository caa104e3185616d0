import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AuditMember, createAuditDraw, drawNextImages, readAuditSample } from '#engine/clustering/audit-sample.ts'

const untouched = (count: number): AuditMember<number>[] =>
  Array.from({ length: count }, (_, index) => ({ imageId: index + 1, isRight: null }))
const answered = (members: readonly AuditMember<number>[], ids: readonly number[]): AuditMember<number>[] =>
  members.map((member) => (ids.includes(member.imageId) ? { ...member, isRight: true } : member))

/** Sample and rest in one, for a new draw each time. */
function drawAuditSample(members: readonly AuditMember<number>[], seed: number) {
  const draw = createAuditDraw(seed)
  return { ...readAuditSample(members, draw), rest: drawNextImages(members, draw, members.length) }
}

test('the draw has every image once, the same for the same seed, another for another', () => {
  const members = untouched(200)
  const { rest } = drawAuditSample(members, 7)
  expect(rest.toSorted((a, b) => a - b)).toEqual(members.map(({ imageId }) => imageId))
  expect(drawAuditSample(members.toReversed(), 7).rest).toEqual(rest)
  expect(drawAuditSample(members, 8).rest).not.toEqual(rest)
})

test('every image is as likely as another to be among the first', () => {
  const counts = new Array<number>(20).fill(0)
  const draws = 4000
  for (let seed = 0; seed < draws; seed++)
    for (const imageId of drawAuditSample(untouched(20), seed).rest.slice(0, 5)) counts[imageId - 1] = counts[imageId - 1]! + 1
  const expected = (draws * 5) / 20
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  // 0.999 quantile of chi-square with 19 degrees of freedom.
  expect(chiSquare).toBeLessThan(43.8)
})

test('an image that joins takes its own place: answers behind it wait until it was looked at', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.nat(20),
      fc.nat(1000),
      fc.uniqueArray(fc.nat(79), { maxLength: 30 }),
      (count, looks, seed, leaving) => {
        const before = untouched(count)
        const looked = drawAuditSample(before, seed).rest.slice(0, looks)
        const now = answered(untouched(80), looked).filter(({ imageId }) => !leaving.includes(imageId - 1))
        const { sample, rest, waitingCount, missingCount } = drawAuditSample(now, seed)
        const order = drawAuditSample(
          now.map(({ imageId }) => ({ imageId, isRight: null })),
          seed,
        ).rest
        // Slow second implementation: walk along the order.
        const expected: number[] = []
        for (const imageId of order) {
          if (!looked.includes(imageId)) break
          expected.push(imageId)
        }
        const isLooked = order.map((imageId) => looked.includes(imageId))
        expect(sample.map(({ imageId }) => imageId).toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b))
        expect(rest).toEqual(order.filter((imageId) => !looked.includes(imageId)))
        expect(waitingCount).toBe(isLooked.filter(Boolean).length - expected.length)
        expect(missingCount).toBe(isLooked.slice(0, isLooked.lastIndexOf(true) + 1).filter((was) => !was).length)
        // When those that are missing were looked at, every answer counts again.
        const all = drawAuditSample(answered(now, rest.slice(0, missingCount)), seed)
        expect(all.waitingCount).toBe(0)
        expect(all.sample.length).toBe(expected.length + waitingCount + missingCount)
      },
    ),
  )
})
