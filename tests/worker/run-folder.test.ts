import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { memoryFiles } from '#engine/training/memory-files.ts'
import { openRunFolder } from '#engine/worker/run-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'spicerack-run-folder-'))
afterAll(() => rmSync(folder, { recursive: true }))

it.each([
  ['a folder', openRunFolder(folder, 'run-0001')],
  ['memory', memoryFiles()],
])('files of a run in %s are read, measured, written, lengthened and removed', (_, files) => {
  expect([files.read('a'), files.readPart('a', 0, 1), files.size('a')]).toEqual([undefined, undefined, undefined])
  files.append('a', Uint8Array.of(1, 2))
  files.append('a', Uint8Array.of(3))
  expect([files.read('a'), files.size('a')]).toEqual([Uint8Array.of(1, 2, 3), 3])
  expect([files.readPart('a', 1, 3), files.readPart('a', 2, 9), files.readPart('a', 3, 9)]).toEqual([
    Uint8Array.of(2, 3),
    Uint8Array.of(3),
    new Uint8Array(),
  ])
  files.write('a', Uint8Array.of(4))
  files.append('a', Uint8Array.of(5))
  expect([files.read('a'), files.size('a')]).toEqual([Uint8Array.of(4, 5), 2])
  files.write('b', new Uint8Array())
  expect([files.read('b'), files.size('b')]).toEqual([new Uint8Array(), 0])
  files.remove('a')
  expect([files.read('a'), files.size('a')]).toEqual([undefined, undefined])
})
