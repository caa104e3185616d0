import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'

/** A tensor that was read from a file: values row-major, as float32. */
export type StoredTensor = Readonly<{ shape: readonly number[]; values: Float32Array }>

type Entry = Readonly<{ dtype: string; shape: number[]; data_offsets: [number, number] }>

/**
 * The tensors in a file of the form "safetensors", by name. F32 and F16 are read as they are. A U8 tensor `x` has beside it `x.range` of
 * its smallest value and the step between two bytes.
 *
 * @throws BAD_INPUT for anything else.
 */
export function readSafetensors(bytes: Uint8Array): ReadonlyMap<string, StoredTensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = 8 + Number(view.getBigUint64(0, true))
  const { __metadata__: _, ...entries } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Record<string, Entry>
  const dataOf = ({ data_offsets: [from, to] }: Entry): ArrayBuffer => new Uint8Array(bytes.subarray(start + from, start + to)).buffer
  const valuesOf = (name: string, entry: Entry): Float32Array => {
    if (entry.dtype === 'F32') return new Float32Array(dataOf(entry))
    if (entry.dtype === 'F16') return Float32Array.from(new Float16Array(dataOf(entry)))
    const range = entries[`${name}.range`]
    if (entry.dtype !== 'U8' || !range) throw new SpicerackError('BAD_INPUT', say('tensorKind', { name }))
    const [smallest, step] = new Float32Array(dataOf(range)) as unknown as [number, number]
    return Float32Array.from(new Uint8Array(dataOf(entry)), (byte) => smallest + step * byte)
  }
  return new Map(Object.entries(entries).map(([name, entry]) => [name, { shape: entry.shape, values: valuesOf(name, entry) }]))
}
