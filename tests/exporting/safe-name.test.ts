import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createNameRegistry, toSafeName } from '#engine/exporting/safe-name.ts'

it.each([
  ['CON', '_CON'],
  ['con.tar.png', '_con.tar.png'],
  ['LPT¹.txt', '_LPT¹.txt'],
  ['dots...', 'dots'],
  ['..', '__'],
  ['.hidden', '_hidden'],
  ['a/b\\c:d*e?"f<g>|h', 'a_b_c_d_e__f_g__h'],
  ['line\nbreak\u202e.png', 'line_break_.png'],
  ['cafe\u0301.png', 'caf\u00e9.png'],
  ['👩‍👧 家族.png', '👩‍👧 家族.png'],
  ['', '_'],
])('makes %j safe as %j', (name, safe) => expect(toSafeName(name)).toBe(safe))

it('cuts to 255 bytes between characters and keeps the extension', () => {
  const name = toSafeName(`${'猫'.repeat(200)}.jpeg`)
  expect(name).toBe(`${'猫'.repeat(83)}.jpeg`)
})

it('gives names that every system accepts and that never collide, for any input', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('a.png', 'A.PNG', 'nul', 'x'.repeat(300)))),
      (names) => {
        const register = createNameRegistry()
        const given = names.map(register)
        expect(new Set(given.map((name) => name.toUpperCase().toLowerCase())).size).toBe(names.length)
        for (const name of given) {
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
          expect(name).toMatch(/^[^<>:"/\\|?*\p{Cc}.\s][^<>:"/\\|?*\p{Cc}]*$/u)
          expect(name).toMatch(/[^.\s]$/u)
        }
      },
    ),
  )
})
