/** Small ONNX files, written field by field: onnx.proto's numbers, ir_version 8, opset 13. */

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)]

function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) + 128)
  }
}

const number = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)]
const nested = (field: number, bytes: readonly number[]): number[] => [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes]
const text = (field: number, value: string): number[] => nested(field, bytesOf(value))

/** A dimension: a number, or a name for one that is open. */
type Dim = number | string

function valueInfo(field: number, name: string, dims: readonly Dim[], elementType = 1): number[] {
  const shape = dims.flatMap((dim) => nested(1, typeof dim === 'number' ? number(1, dim) : text(2, dim)))
  return nested(field, [...text(1, name), ...nested(2, nested(1, [...number(1, elementType), ...nested(2, shape)]))])
}

function weight(name: string, dims: readonly number[], values: Float32Array): number[] {
  const raw = [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]
  return nested(5, [...dims.flatMap((dim) => number(1, dim)), ...number(2, 1), ...text(8, name), ...nested(9, raw)])
}

const integers = (name: string, values: readonly number[]): number[] =>
  nested(5, [...text(1, name), ...values.flatMap((value) => number(8, value)), ...number(20, 7)])

function node(operator: string, inputs: readonly string[], output: string, attributes: readonly number[] = []): number[] {
  return nested(1, [...inputs.flatMap((input) => text(1, input)), ...text(2, output), ...text(4, operator), ...attributes])
}

function model(graph: readonly number[], version = 8): Uint8Array {
  return Uint8Array.from([...number(1, version), ...nested(7, graph), ...nested(8, number(2, 13))])
}

/**
 * Cuts an image of 8 px into patches of 4, and gives the map of their `features` weighted sums `[batch, features, 2, 2]`.
 *
 * @param weights `[features, 3, 4, 4]`.
 */
export function patchMapOnnx(features: number, weights: Float32Array, batch: Dim = 'batch', version = 8): Uint8Array {
  const attributes = [...integers('kernel_shape', [4, 4]), ...integers('strides', [4, 4])]
  const graph = [
    ...node('Conv', ['pixels', 'weights'], 'map', attributes),
    ...text(2, 'patches'),
    ...weight('weights', [features, 3, 4, 4], weights),
    ...valueInfo(11, 'pixels', [batch, 3, 8, 8]),
    ...valueInfo(12, 'map', [batch, features, 2, 2]),
  ]
  return model(graph, version)
}

/** Gives the pixels of an image as a sequence of one token a row, `[batch, side, side * 3]`; the side is left open. */
export function rowTokensOnnx(): Uint8Array {
  // Reshape to [batch, rows, the rest]: 0 keeps a dimension, -1 is computed.
  const shape = [
    ...number(1, 3),
    ...number(2, 7),
    ...text(8, 'shape'),
    ...nested(9, [...new Uint8Array(BigInt64Array.of(0n, 0n, -1n).buffer)]),
  ]
  return model([
    ...node('Reshape', ['pixels', 'shape'], 'tokens'),
    ...text(2, 'rows'),
    ...nested(5, shape),
    ...valueInfo(11, 'pixels', ['batch', 'height', 'width', 3]),
    ...valueInfo(12, 'tokens', ['batch', 'height', 'rest']),
  ])
}

/** Wants numbers that are no images. */
export function textOnnx(): Uint8Array {
  return model([
    ...node('Identity', ['ids'], 'out'),
    ...text(2, 'text'),
    ...valueInfo(11, 'ids', ['batch', 77], 7),
    ...valueInfo(12, 'out', ['batch', 77], 7),
  ])
}
