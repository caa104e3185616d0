import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { extraRequirements, unpackWheel } from '#engine/runtime/wheel.ts'
import { openZip } from '#engine/runtime/zip-archive.ts'
import { writeWheel, zipBytes } from './wheel-file.ts'

let folder: string
let wheelPath: string
let targetFolder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-wheel-'))
  wheelPath = join(folder, 'package-1.0-py3-none-any.whl')
  targetFolder = join(folder, 'target')
  mkdirSync(targetFolder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const files = {
  'package/lib.so': Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * index) % 251)),
  'package/include/a, b.h': '// header',
  'package/名.txt': '香料'.repeat(1000),
  'package/empty': '',
}
const wanted = (name: string): boolean => name.startsWith('package/')
const unpack = (more: Partial<Parameters<typeof unpackWheel>[0]> = {}) => unpackWheel({ wheelPath, targetFolder, wanted, ...more })

describe('unpackWheel', () => {
  it('unpacks what is wanted, byte for byte, and tells how far it is', async () => {
    writeWheel(wheelPath, { ...files, 'other/file.py': 'print()' })
    const seen: [number, number][] = []
    const names = await unpack({ onProgress: (done, total) => seen.push([done, total]) })
    expect(names).toEqual(Object.keys(files))
    for (const [name, content] of Object.entries(files))
      expect(readFileSync(join(targetFolder, name)).equals(Buffer.from(content)), name).toBe(true)
    expect(readdirSync(targetFolder)).toEqual(['package'])
    const total = Object.values(files).reduce((sum, content) => sum + Buffer.byteLength(content), 0)
    expect(seen.at(-1)).toEqual([total, total])
  })

  it('refuses a file whose bytes are not those that RECORD names', async () => {
    writeWheel(wheelPath, files, { recorded: { 'package/lib.so': 'A'.repeat(43) } })
    await expect(unpack()).rejects.toThrow('package/lib.so: its bytes do not match the hash that the wheel records.')
  })

  it('refuses a file that RECORD does not name', async () => {
    writeFileSync(wheelPath, zipBytes({ ...files, 'package-1.0.dist-info/RECORD': 'package/empty,,\n' }))
    await expect(unpack()).rejects.toThrow('do not match')
    writeFileSync(wheelPath, zipBytes(files))
    await expect(unpack()).rejects.toThrow('The wheel has no RECORD.')
  })

  it('refuses a name that points outside, and a wheel with nothing that is wanted', async () => {
    writeWheel(wheelPath, { '../outside': 'x' })
    await expect(unpack({ wanted: () => true })).rejects.toThrow('points outside')
    expect(readdirSync(folder)).not.toContain('outside')
    writeWheel(wheelPath, files)
    await expect(unpack({ wanted: () => false })).rejects.toThrow('none of the files needed')
  })

  it('stops when the signal aborts', async () => {
    writeWheel(wheelPath, files)
    await expect(unpack({ signal: AbortSignal.abort() })).rejects.toThrow('aborted')
  })

  it('refuses a wheel cut off anywhere', async () => {
    writeWheel(wheelPath, files)
    const whole = readFileSync(wheelPath)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        writeFileSync(wheelPath, whole.subarray(0, length))
        await expect(unpack()).rejects.toThrow()
      }),
      { numRuns: 60 },
    )
  })

  it('refuses a wheel with a changed byte, or unpacks it as it was', async () => {
    writeWheel(wheelPath, files)
    const whole = readFileSync(wheelPath)
    let refusedCount = 0
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), async (position, change) => {
        const damaged = Buffer.from(whole)
        damaged[position] = (damaged[position] as number) ^ change
        writeFileSync(wheelPath, damaged)
        rmSync(targetFolder, { recursive: true })
        mkdirSync(targetFolder)
        try {
          const names = await unpack()
          for (const name of names)
            expect(readFileSync(join(targetFolder, name)).equals(Buffer.from(files[name as keyof typeof files])), name).toBe(true)
        } catch (error) {
          if ((error as Error).name === 'AssertionError') throw error
          refusedCount++
        }
      }),
      { numRuns: 100 },
    )
    expect(refusedCount).toBeGreaterThan(50)
  })
})

describe('extraRequirements', () => {
  it('gives those of one extra, as pip takes them', async () => {
    const metadata = [
      'Requires-Dist: numpy>=1.26',
      'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
      'Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.3.0.75; extra == "and-cuda"',
      'Requires-Dist: tensorflow-io; extra == "gcs"',
      '',
    ].join('\n')
    writeWheel(wheelPath, files, { metadata })
    expect(await extraRequirements(wheelPath, 'and-cuda')).toEqual([
      'nvidia-cublas-cu12<13.0,>=12.5.3.2',
      'nvidia-cudnn-cu12<10.0,>=9.3.0.75',
    ])
  })
})

describe('openZip', () => {
  it('refuses what is no zip archive', async () => {
    for (const bytes of ['', 'PK', 'x'.repeat(100_000)]) {
      writeFileSync(wheelPath, bytes)
      await expect(openZip(wheelPath)).rejects.toThrow('The file is not a complete zip archive.')
    }
  })
})
