import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeWholeFile } from '#engine/files/write-whole-file.ts'

it('writes text and bytes in the place of what was there, and leaves nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-files-'))
  try {
    const path = join(folder, 'settings.json')
    writeWholeFile(path, 'first, 第一')
    writeWholeFile(path, Uint8Array.of(1, 2, 3))
    expect([...readFileSync(path)]).toEqual([1, 2, 3])
    writeWholeFile(path, '第二')
    expect(readFileSync(path, 'utf8')).toBe('第二')
    expect(readdirSync(folder)).toEqual(['settings.json'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('keeps what was there, and leaves nothing behind, when it cannot write', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-files-'))
  try {
    // A folder cannot be replaced by a file.
    mkdirSync(join(folder, 'taken'))
    expect(() => writeWholeFile(join(folder, 'taken'), 'text')).toThrow(expect.objectContaining({ syscall: 'rename' }))
    expect(readdirSync(folder)).toEqual(['taken'])
    expect(() => writeWholeFile(join(folder, 'nowhere', 'file'), 'text')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
