import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { ExportEmbeddings } from './export-row.ts'
import { type DatasetFile, writeHashedFile } from './hashed-file.ts'

const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
const headerAlignment = 64
const itemBytes = { '<f4': 4, '<i8': 8 } as const

/** Type and shape of an array in a `.npy` file; C order. */
export type NpyArray = Readonly<{ dtype: keyof typeof itemBytes; shape: readonly number[] }>

/**
 * Writes an array as NumPy's `.npy`, version 1.0. `chunks` are its values in C order, in pieces of any size.
 * @throws INTERNAL when the chunks do not fill the shape exactly.
 * @source NumPy, "A simple file format for NumPy arrays"
 */
export async function writeNpy(
  folder: string,
  path: string,
  array: NpyArray,
  chunks: Iterable<Float32Array | BigInt64Array>,
): Promise<DatasetFile> {
  const expectedBytes = array.shape.reduce((product, size) => product * size, itemBytes[array.dtype])
  let valueBytes = 0
  function* parts(): Generator<Uint8Array> {
    yield toHeader(array)
    for (const chunk of chunks) {
      valueBytes += chunk.byteLength
      yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    }
    if (valueBytes !== expectedBytes)
      throw new SpicerackError('INTERNAL', `${path}: ${valueBytes} bytes for a shape that takes ${expectedBytes}.`)
  }
  return writeHashedFile(folder, path, parts())
}

/**
 * Writes the embeddings under the name the published code reads, `feas_moco_512_l2.npy` for 512
 * dimensions, and the list of files in the same order beside it as JSON.
 * @throws BAD_INPUT when there is not one path a row.
 */
export async function writeFeatureFiles(
  folder: string,
  { dim, values }: ExportEmbeddings,
  relativePaths: readonly string[],
): Promise<readonly DatasetFile[]> {
  if (values.length !== relativePaths.length * dim)
    throw new SpicerackError('BAD_INPUT', say('pathsDiffer', { paths: relativePaths.length, embeddings: values.length / dim }))
  const name = `feas_moco_${dim}_l2`
  return [
    await writeNpy(folder, `${name}.npy`, { dtype: '<f4', shape: [relativePaths.length, dim] }, [values]),
    await writeHashedFile(folder, `${name}.files.json`, [`${JSON.stringify(relativePaths, null, 1)}\n`]),
  ]
}

function toHeader({ dtype, shape }: NpyArray): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${sizes}), }`
  const unpadded = magic.length + 2 + text.length + 1
  const padding = (headerAlignment - (unpadded % headerAlignment)) % headerAlignment
  const header = Buffer.from(`${text}${' '.repeat(padding)}\n`, 'latin1')
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  return Buffer.concat([magic, length, header])
}
