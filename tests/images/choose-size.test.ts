import { expect, test } from 'vitest'
import { chooseSize } from '#engine/images/choose-size.ts'

const square = (side: number) => ({ width: side, height: side })

test('the largest size whose square has no more pixels than the median image', () => {
  const of = (...sides: number[]) => chooseSize(sides.map(square), sides.length)
  expect([of(), of(1), of(28), of(32), of(63), of(64), of(95), of(96), of(127), of(128), of(191), of(4000)]).toEqual([
    32, 32, 32, 32, 32, 64, 64, 96, 96, 128, 160, 224,
  ])
  expect([of(28, 28, 4000), of(28, 4000, 4000), chooseSize([{ width: 256, height: 144 }], 1)]).toEqual([32, 224, 192])
})

test('smaller where a pack of all images would take more than 4 GB', () => {
  const counts = [28_000, 29_000, 38_000, 39_000, 55_000, 56_000, 87_000, 88_000, 155_000, 156_000, 349_000, 350_000, 10_000_000]
  expect(counts.map((count) => chooseSize([square(4000)], count))).toEqual([224, 192, 192, 160, 160, 128, 128, 96, 96, 64, 64, 32, 32])
})
