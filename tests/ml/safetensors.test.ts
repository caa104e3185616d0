import { expect, it } from 'vitest'
import { readSafetensors } from '#engine/ml/safetensors.ts'

/** Header and bytes put together by hand, at an odd place of a larger buffer. */
function fileOf(header: object, bytes: readonly number[]): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header))
  const file = new Uint8Array(3 + 8 + text.length + bytes.length)
  new DataView(file.buffer).setBigUint64(3, BigInt(text.length), true)
  file.set(text, 11)
  file.set(bytes, 11 + text.length)
  return file.subarray(3)
}

it('reads float32, float16 and bytes with a range, whatever lies around the file', () => {
  const float32 = [...new Uint8Array(Float32Array.of(1.5, -2, 0.1, 0.25).buffer)]
  const header = {
    __metadata__: { note: 'ignored' },
    a: { dtype: 'F32', shape: [2, 1], data_offsets: [0, 8] },
    'b.range': { dtype: 'F32', shape: [2], data_offsets: [8, 16] },
    b: { dtype: 'U8', shape: [3], data_offsets: [16, 19] },
    c: { dtype: 'F16', shape: [2], data_offsets: [19, 23] },
  }
  const found = readSafetensors(fileOf(header, [...float32, 0, 1, 255, 0x00, 0x3c, 0x00, 0xc1]))
  expect(found.get('a')).toEqual({ shape: [2, 1], values: Float32Array.of(1.5, -2) })
  expect(found.get('b')).toEqual({ shape: [3], values: Float32Array.from([0, 1, 255], (byte) => Math.fround(0.1) + 0.25 * byte) })
  expect(found.get('c')).toEqual({ shape: [2], values: Float32Array.of(1, -2.5) })
})

it('refuses bytes without a range and kinds that it does not know', () => {
  for (const dtype of ['U8', 'I64'])
    expect(() => readSafetensors(fileOf({ a: { dtype, shape: [8], data_offsets: [0, 8] } }, Array(8).fill(0)))).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT' }),
    )
})
