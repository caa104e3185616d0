import { expect, it } from 'vitest'
import { freeClassKeys } from '#shared/class-keys.ts'

it('gives the digits that are left, and letters where they are wanted', () => {
  expect(freeClassKeys(['2', null, 'x'])).toEqual([...'13456789'])
  expect(freeClassKeys([...'123456789', 'a'])).toEqual([])
  expect(freeClassKeys([...'123456789', 'a'], true)[0]).toBe('b')
})
