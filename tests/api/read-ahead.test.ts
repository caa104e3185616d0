import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { readAhead } from '#engine/api/read-ahead.ts'

it('reads until all is there, unless other work is under way, and begins anew when it was forgotten', async () => {
  let left = 3
  let isBusy = true
  const end = readAhead({ readAhead: () => left > 0 && --left > 0 }, () => isBusy)
  await delay(1500)
  expect(left).toBe(3)
  isBusy = false
  await expect.poll(() => left).toBe(0)
  left = 2
  await expect.poll(() => left).toBe(0)
  end()
  left = 2
  await delay(1500)
  expect(left).toBe(2)
})
