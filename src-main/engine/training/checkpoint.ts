import * as tf from '@tensorflow/tfjs'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { StageState } from './stage.ts'

const magic = 'SPICERACK1'

type TensorEntry = Readonly<{ name: string; shape: number[]; dtype: 'float32' | 'int32' | 'bool'; offset: number; length: number }>
type Header = Readonly<{ step: number; notes: Readonly<Record<string, unknown>>; tensors: readonly TensorEntry[] }>

/** A state at a step. After reading, the tensors belong to the caller. */
export type Checkpoint = StageState & Readonly<{ step: number }>

/**
 * A checkpoint as bytes: a line of magic, the header's length, the header as JSON, the tensors little-endian, a CRC-32 of all before.
 * The same state gives the same bytes.
 */
export async function encodeCheckpoint(state: StageState, step: number): Promise<Uint8Array> {
  const entries: TensorEntry[] = []
  const parts: Uint8Array[] = []
  let offset = 0
  for (const [name, tensor] of Object.entries(state.tensors)) {
    const values = await tensor.data()
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    entries.push({ name, shape: tensor.shape, dtype: tensor.dtype as TensorEntry['dtype'], offset, length: bytes.length })
    parts.push(bytes)
    offset += bytes.length
  }
  const header = new TextEncoder().encode(JSON.stringify({ step, notes: state.notes, tensors: entries } satisfies Header))
  const start = magic.length + 4
  const encoded = new Uint8Array(start + header.length + offset + 4)
  encoded.set(new TextEncoder().encode(magic))
  const view = new DataView(encoded.buffer)
  view.setUint32(magic.length, header.length, true)
  encoded.set(header, start)
  let position = start + header.length
  for (const part of parts) {
    encoded.set(part, position)
    position += part.length
  }
  view.setUint32(position, crc32(encoded.subarray(0, position)), true)
  return encoded
}

/**
 * The checkpoint in these bytes. Caller disposes its tensors.
 *
 * @throws CHECKPOINT_DAMAGED when a byte is missing or changed.
 */
export function decodeCheckpoint(encoded: Uint8Array): Checkpoint {
  const start = magic.length + 4
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  const isWhole =
    encoded.length > start + 4 &&
    new TextDecoder().decode(encoded.subarray(0, magic.length)) === magic &&
    view.getUint32(encoded.length - 4, true) === crc32(encoded.subarray(0, encoded.length - 4))
  if (!isWhole)
    throw new SpicerackError('CHECKPOINT_DAMAGED', say('runFileDamaged'), {
      advice: say('startNewRun'),
    })
  const headerLength = view.getUint32(magic.length, true)
  const header = JSON.parse(new TextDecoder().decode(encoded.subarray(start, start + headerLength))) as Header
  const tensors: Record<string, tf.Tensor> = {}
  for (const { name, shape, dtype, offset, length } of header.tensors) {
    const bytes = encoded.slice(start + headerLength + offset, start + headerLength + offset + length)
    const values = dtype === 'float32' ? new Float32Array(bytes.buffer) : dtype === 'int32' ? new Int32Array(bytes.buffer) : bytes
    tensors[name] = tf.tensor(values, shape, dtype)
  }
  return { step: header.step, notes: header.notes, tensors }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let index = 0; index < bytes.length; index++) crc = crcTable[(crc ^ bytes[index]) & 0xff] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
