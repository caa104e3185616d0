import { readFileSync } from 'node:fs'

/** The numbers of a NumPy file: little-endian float32 or int64, in C order. */
export function readNpy(path: string): { values: Float32Array | BigInt64Array; shape: number[] } {
  const bytes = readFileSync(path)
  const start = 10 + bytes.readUInt16LE(8)
  const header = bytes.toString('latin1', 10, start)
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').flatMap((part) => (part.trim() ? [Number(part)] : []))
  const data = bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length) as ArrayBuffer
  if (header.includes("'<f4'")) return { values: new Float32Array(data), shape }
  if (header.includes("'<i8'")) return { values: new BigInt64Array(data), shape }
  throw new Error(`${path} holds neither float32 nor int64.`)
}
