import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'

/** An input or output of an ONNX graph. A dimension that the file leaves open is null. */
export type OnnxValue = Readonly<{ name: string; elementType: number; dims: readonly (number | null)[] }>

/** ONNX's number for float32. */
export const onnxFloat32 = 1

type Field = Readonly<{ number: number; value: number; bytes: Uint8Array }>

/**
 * What the graph of an ONNX file takes and gives, without its weights.
 *
 * @throws BAD_INPUT when the bytes are no ONNX model.
 * @source onnx.proto: ModelProto.graph 7; GraphProto.initializer 5, input 11, output 12; TensorProto.name 8; ValueInfoProto.name 1, type 2;
 * TypeProto.tensor_type 1; Tensor.elem_type 1, shape 2; TensorShapeProto.dim 1; Dimension.dim_value 1.
 */
export function readOnnxFile(bytes: Uint8Array): { inputs: OnnxValue[]; outputs: OnnxValue[] } {
  try {
    const graph = lastOf(fieldsOf(bytes), 7)
    const fields = fieldsOf(graph)
    const weights = new Set(fields.filter(({ number }) => number === 5).map((field) => textOf(lastOf(fieldsOf(field.bytes), 8))))
    const valuesOf = (wanted: number): OnnxValue[] => fields.filter(({ number }) => number === wanted).map((field) => toValue(field.bytes))
    // Files of the first versions list their weights as inputs too.
    return { inputs: valuesOf(11).filter(({ name }) => !weights.has(name)), outputs: valuesOf(12) }
  } catch (cause) {
    throw new SpicerackError('BAD_INPUT', say('notOnnx'), { advice: say('giveOnnx'), cause })
  }
}

function toValue(bytes: Uint8Array): OnnxValue {
  const fields = fieldsOf(bytes)
  const tensor = fieldsOf(lastOf(fieldsOf(lastOf(fields, 2)), 1))
  const dims = fieldsOf(lastOf(tensor, 2)).filter(({ number }) => number === 1)
  return {
    name: textOf(lastOf(fields, 1)),
    elementType: tensor.findLast(({ number }) => number === 1)?.value ?? 0,
    dims: dims.map((dim) => {
      const value = fieldsOf(dim.bytes).find(({ number }) => number === 1)?.value
      return value !== undefined && value > 0 ? value : null
    }),
  }
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

function lastOf(fields: readonly Field[], number: number): Uint8Array {
  return fields.findLast((field) => field.number === number)?.bytes ?? new Uint8Array()
}

/** The fields of a protobuf message; only the lengths of nested ones are looked at. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = []
  let place = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      if (place >= bytes.length) throw new RangeError('The message ends within a number.')
      const byte = bytes[place++]
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  const take = (length: number): Uint8Array => {
    if (place + length > bytes.length) throw new RangeError('The message ends within a field.')
    place += length
    return bytes.subarray(place - length, place)
  }
  while (place < bytes.length) {
    const tag = varint()
    const [number, kind] = [Math.floor(tag / 8), tag % 8]
    if (kind === 0) fields.push({ number, value: varint(), bytes: new Uint8Array() })
    else if (kind === 2) fields.push({ number, value: 0, bytes: take(varint()) })
    else if (kind === 1 || kind === 5) take(kind === 1 ? 8 : 4)
    else throw new RangeError(`There is no kind ${kind} of field.`)
  }
  return fields
}
