import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ScanEntry, scanFolder } from '#engine/images/scan-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function scanAll(root: string): Promise<ScanEntry[]> {
  const entries: ScanEntry[] = []
  for await (const entry of scanFolder(root)) entries.push(entry)
  return entries
}

const shortly = (entries: ScanEntry[]) =>
  entries.map((entry) => (entry.kind === 'file' ? entry.relativePath : `${entry.relativePath}: ${entry.code}`))

function put(root: string, ...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), 'abc')
  }
}

test('files of all levels, in the order of the bytes of their paths, with size and time', async () => {
  const root = temporaryFolder()
  put(root, 'b.jpg', 'a/z.png', 'a/b/c.png', 'a-b.jpg', 'a.jpg', 'B.jpg', 'é.jpg', '\u{1F600}.jpg', '\uFF5E.jpg')
  const entries = await scanAll(root)
  const paths = shortly(entries)
  expect(paths).toEqual(['B.jpg', 'a-b.jpg', 'a.jpg', 'a/b/c.png', 'a/z.png', 'b.jpg', 'é.jpg', '\uFF5E.jpg', '\u{1F600}.jpg'])
  expect(paths).toEqual([...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
  expect(entries[0]).toEqual({ kind: 'file', relativePath: 'B.jpg', sizeBytes: 3, mtimeMs: expect.any(Number) })
})

test('hidden files, system files and projects are left out', async () => {
  const root = temporaryFolder()
  put(
    root,
    'keep.jpg',
    '.DS_Store',
    '._keep.jpg',
    'Thumbs.db',
    'desktop.ini',
    '.git/a.jpg',
    'My.spicerack/b.jpg',
    '__MACOSX/c.jpg',
    'x.spicerack.jpg',
  )
  expect(shortly(await scanAll(root))).toEqual(['keep.jpg', 'x.spicerack.jpg'])
})

test.skipIf(process.platform === 'win32')(
  'names with newline, quotes, Chinese and 255 bytes; a name that is not UTF-8 is a problem',
  async () => {
    const root = temporaryFolder()
    const names = ['a\nb.jpg', `it's "x".jpg`, '照片.jpg', `${'照'.repeat(83)}xx.jpg`, 'back\\slash.jpg']
    expect(Buffer.byteLength(names[3]!)).toBe(255)
    put(root, ...names)
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x62, 0xff, 0xe9]), Buffer.from('.jpg')]), 'abc')
    const entries = await scanAll(root)
    expect(entries.filter((entry) => entry.kind === 'file').map((entry) => entry.relativePath)).toEqual(
      [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    )
    expect(entries.filter((entry) => entry.kind === 'problem')).toEqual([
      {
        kind: 'problem',
        relativePath: 'b\uFFFD\uFFFD.jpg',
        code: 'file-name',
        message: 'Its name is not valid UTF-8; rename it to import it.',
      },
    ])
  },
)

describe.skipIf(process.platform === 'win32')('links and special files', () => {
  test('loops end: to itself, to the root, above the root, between two folders', async () => {
    const root = join(temporaryFolder(), 'root')
    put(root, 'a/x.jpg', 'b/y.jpg')
    symlinkSync('..', join(root, 'a/up'))
    symlinkSync('../b', join(root, 'a/to-b'))
    symlinkSync('../a', join(root, 'b/to-a'))
    symlinkSync('../..', join(root, 'b/above'))
    symlinkSync('self', join(root, 'self'))
    expect(shortly(await scanAll(root))).toEqual([
      'a/to-b: link-loop',
      'a/up: link-loop',
      'a/x.jpg',
      'b/above: link-loop',
      'b/to-a: link-loop',
      'b/y.jpg',
      'self: link-loop',
    ])
  })
  test('a folder elsewhere is followed once; files and broken links', async () => {
    const [root, other] = [temporaryFolder(), temporaryFolder()]
    put(other, 'deep/photo.jpg')
    symlinkSync(other, join(root, 'first'))
    symlinkSync(join(other, 'deep'), join(root, 'second'))
    symlinkSync(join(other, 'deep/photo.jpg'), join(root, 'third.jpg'))
    symlinkSync('nowhere', join(root, 'broken.jpg'))
    expect(shortly(await scanAll(root))).toEqual(['broken.jpg: broken-link', 'first/deep/photo.jpg', 'second: link-loop', 'third.jpg'])
  })
  test('a pipe is a problem and is not opened', async () => {
    const root = temporaryFolder()
    execFileSync('mkfifo', [join(root, 'pipe.jpg')])
    put(root, 'z.jpg')
    expect(shortly(await scanAll(root))).toEqual(['pipe.jpg: not-a-file', 'z.jpg'])
  })
  test.skipIf(process.getuid?.() === 0)('a folder without permission is a problem, the rest goes on', async () => {
    const root = temporaryFolder()
    mkdirSync(join(root, 'locked'), { mode: 0 })
    put(root, 'z.jpg')
    expect(shortly(await scanAll(root))).toEqual(['locked: no-permission', 'z.jpg'])
  })
})

test('a folder that is missing or is a file is an error with a code', async () => {
  const root = temporaryFolder()
  put(root, 'a.jpg')
  await expect(scanAll(join(root, 'missing'))).rejects.toMatchObject({
    code: 'FOLDER_UNREADABLE',
    message: expect.stringMatching(/does not exist/),
  })
  await expect(scanAll(join(root, 'a.jpg'))).rejects.toMatchObject({
    code: 'FOLDER_UNREADABLE',
    message: expect.stringMatching(/not a folder/),
  })
})

test('cancelled between two files', async () => {
  const root = temporaryFolder()
  put(root, 'a.jpg', 'b.jpg', 'c.jpg')
  const controller = new AbortController()
  const seen: string[] = []
  const scan = async () => {
    for await (const entry of scanFolder(root, { signal: controller.signal })) {
      seen.push(entry.relativePath)
      controller.abort()
    }
  }
  await expect(scan()).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(seen).toEqual(['a.jpg'])
})
