import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openThumbnailStore } from '#engine/images/thumbnail-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('what is appended is read back, also later; what the database does not know is cut off', () => {
  const path = join(temporaryFolder(), 'thumbnails.pack')
  const store = openThumbnailStore(path, 0)
  const places = ['first', 'second', 'third'].map((text) => store.append(Buffer.from(text)))
  expect(places).toEqual([
    { offset: 0, length: 5 },
    { offset: 5, length: 6 },
    { offset: 11, length: 5 },
  ])
  store.flush()
  store.close()
  const again = openThumbnailStore(path, 11)
  expect([again.sizeBytes, again.read(places[1]!).toString()]).toEqual([11, 'second'])
  expect(() => again.read(places[2]!)).toThrow(expect.objectContaining({ code: 'PROJECT_DAMAGED' }))
  expect(again.append(Buffer.from('other'))).toEqual({ offset: 11, length: 5 })
  again.close()
  const reader = openThumbnailStore(path)
  expect([reader.read(places[0]!).toString(), reader.read(places[2]!).toString()]).toEqual(['first', 'other'])
  reader.close()
  expect(() => openThumbnailStore(path, 17)).toThrow(expect.objectContaining({ code: 'PROJECT_DAMAGED' }))
  expect(statSync(path).size).toBe(16)
})
