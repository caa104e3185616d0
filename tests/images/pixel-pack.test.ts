import { appendFileSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openPixelPackReader, openPixelPackWriter, pixelRowBytes } from '#engine/images/pixel-pack.ts'
import { temporaryFolder } from './temporary-folder.ts'

const size = 4
const rowBytes = pixelRowBytes(size)
const rowOf = (value: number) => new Uint8Array(rowBytes).fill(value)

function writePack(count: number): string {
  const path = join(temporaryFolder(), '4.u8')
  const pack = openPixelPackWriter({ path, size, count: 0 })
  for (let row = 0; row < count; row++) expect(pack.append(rowOf(row))).toBe(row)
  pack.flush()
  pack.close()
  return path
}

test('any rows in any order, from memory and by range', () => {
  const path = writePack(50)
  const inMemory = openPixelPackReader({ path, size, count: 50 })
  const byRange = openPixelPackReader({ path, size, count: 50 }, { memoryBudgetBytes: 0 })
  expect([inMemory.isInMemory, byRange.isInMemory]).toEqual([true, false])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 49 })), (rows) => {
      const expected = Buffer.concat(rows.map(rowOf))
      expect(expected.equals(inMemory.readRows(rows))).toBe(true)
      expect(expected.equals(byRange.readRows(Int32Array.from(rows)))).toBe(true)
    }),
    { numRuns: 30 },
  )
  const into = new Uint8Array(rowBytes * 2)
  expect(inMemory.readRows([7], into)).toBe(into)
  expect([into[0], into[rowBytes]]).toEqual([7, 0])
  for (const reader of [inMemory, byRange]) {
    for (const row of [-1, 50, 0.5, Number.NaN])
      expect(() => reader.readRows([row])).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
    reader.close()
  }
})

test('what the database does not know is cut off, and appending goes on there', () => {
  const path = writePack(5)
  appendFileSync(path, new Uint8Array(rowBytes + 7).fill(99))
  const pack = openPixelPackWriter({ path, size, count: 3 })
  expect([pack.count, statSync(path).size]).toEqual([3, 3 * rowBytes])
  expect(pack.append(new Uint8Array([...rowOf(10), ...rowOf(11)]))).toBe(3)
  expect(pack.count).toBe(5)
  pack.close()
  expect(readFileSync(path)).toEqual(Buffer.concat([0, 1, 2, 10, 11].map(rowOf)))
})

test('a pack shorter than the database knows, missing, or given half a row is an error with a code', () => {
  const path = writePack(3)
  truncateSync(path, 3 * rowBytes - 1)
  for (const open of [openPixelPackReader, openPixelPackWriter])
    expect(() => open({ path, size, count: 3 })).toThrow(expect.objectContaining({ code: 'PROJECT_DAMAGED' }))
  expect(statSync(path).size).toBe(3 * rowBytes - 1)
  expect(() => openPixelPackReader({ path: `${path}.missing`, size, count: 1 })).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  const pack = openPixelPackWriter({ path, size, count: 2 })
  expect(() => pack.append(new Uint8Array(5))).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  expect(pack.count).toBe(2)
  pack.close()
})
