import { describe, expect, it } from 'vitest'
import { toAccelerator } from '#main/desktop/accelerator.ts'

describe('toAccelerator', () => {
  it.each([
    ['Mod+Shift+Z', 'CommandOrControl+Shift+Z'],
    ['Mod++', 'CommandOrControl+Plus'],
    ['Mod+,', 'CommandOrControl+,'],
    ['Mod+ArrowLeft', 'CommandOrControl+Left'],
    ['F2', 'F2'],
  ])('writes %s as %s', (chord, accelerator) => {
    expect(toAccelerator(chord)).toBe(accelerator)
  })

  it.each(['G', '/', 'Escape', 'Space', '+', 'Shift+X'])('gives %s none: a person may be typing it', (chord) => {
    expect(toAccelerator(chord)).toBeUndefined()
  })
})
