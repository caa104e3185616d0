/**
 * A small reader of TensorFlow Lite's flatbuffer: what the operators are, what they read and write, and the tensors with their bytes.
 *
 * Source of the field numbers: tensorflow/lite/schema/schema.fbs, version 3.
 */

const tensorTypes = ['float32', 'float16', 'int32', 'uint8']
const operatorNames = { 0: 'ADD', 3: 'CONV_2D', 4: 'DEPTHWISE_CONV_2D', 6: 'DEQUANTIZE' }

/**
 * @param {Uint8Array} bytes
 * @returns {{ operators: { name: string, inputs: number[], outputs: number[] }[],
 *   tensors: { name: string, shape: number[], type: string, bytes: Uint8Array }[] }} The first graph of the file.
 */
export function readTfliteFile(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (new TextDecoder().decode(bytes.subarray(4, 8)) !== 'TFL3') throw new Error('This is no TensorFlow Lite file.')
  const model = table(view, view.getUint32(0, true))
  const codes = model.tables(1).map((code) => code.uint8(0) || code.int32(3))
  const buffers = model.tables(4)
  const graph = model.tables(2)[0]
  const tensors = graph.tables(0).map((tensor) => ({
    name: tensor.string(3),
    shape: tensor.int32s(0),
    type: tensorTypes[tensor.uint8(1)] ?? 'other',
    bytes: buffers[tensor.int32(2)].bytes(0),
  }))
  const operators = graph.tables(3).map((operator) => ({
    name: operatorNames[codes[operator.int32(0)]] ?? 'OTHER',
    inputs: operator.int32s(1),
    outputs: operator.int32s(2),
  }))
  return { operators, tensors }
}

/** The table at `position`: a field is found through the table of offsets in front of it; one that is not there has its default. */
function table(view, position) {
  const offsets = position - view.getInt32(position, true)
  const placeOf = (field) => {
    const entry = 4 + 2 * field
    const offset = entry < view.getUint16(offsets, true) ? view.getUint16(offsets + entry, true) : 0
    return offset === 0 ? undefined : position + offset
  }
  const target = (place) => place + view.getUint32(place, true)
  const vector = (field) => {
    const place = placeOf(field)
    if (place === undefined) return { start: 0, length: 0 }
    return { start: target(place) + 4, length: view.getUint32(target(place), true) }
  }
  const bytes = (field) => {
    const { start, length } = vector(field)
    return new Uint8Array(view.buffer, view.byteOffset + start, length)
  }
  return {
    uint8: (field) => (placeOf(field) === undefined ? 0 : view.getUint8(placeOf(field))),
    int32: (field) => (placeOf(field) === undefined ? 0 : view.getInt32(placeOf(field), true)),
    bytes,
    string: (field) => new TextDecoder().decode(bytes(field)),
    int32s(field) {
      const { start, length } = vector(field)
      return Array.from({ length }, (_, index) => view.getInt32(start + 4 * index, true))
    },
    tables(field) {
      const { start, length } = vector(field)
      return Array.from({ length }, (_, index) => table(view, target(start + 4 * index)))
    },
  }
}
