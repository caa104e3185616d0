import { expect, test } from 'vitest'
import { chooseSize } from '#engine/images/choose-size.ts'

test('the largest size that is not greater than the median shorter side', () => {
  const of = (...sides: number[]) => chooseSize(sides.map((side) => ({ width: side, height: side + 100 })))
  expect([of(), of(1), of(28), of(32), of(63), of(64), of(95), of(96), of(127), of(4000)]).toEqual([
    32, 32, 32, 32, 32, 64, 64, 96, 96, 128,
  ])
  expect([of(28, 28, 4000), of(28, 4000, 4000), chooseSize([{ width: 4000, height: 40 }])]).toEqual([32, 128, 32])
})
