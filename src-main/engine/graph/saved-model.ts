import { bytesField, floatField, integerField, join, textField } from './protobuf.ts'

/** TensorFlow's numbers of the types that occur here (its types.proto). */
export const dataTypes = { float32: 1, int32: 3, uint8: 4, int64: 9, bool: 10, bfloat16: 14 } as const

export type AttributeValue =
  | Readonly<{ text: string }>
  | Readonly<{ integer: number }>
  | Readonly<{ integers: readonly number[] }>
  | Readonly<{ float: number }>
  | Readonly<{ floats: readonly number[] }>
  | Readonly<{ bool: boolean }>
  | Readonly<{ bools: readonly boolean[] }>
  | Readonly<{ type: number }>
  | Readonly<{ shape: readonly number[] }>
  | Readonly<{ tensor: Readonly<{ type: number; shape: readonly number[]; content: Uint8Array }> }>

/** One operation of a graph. An input is `name:output`, or `^name` for "after that one". */
export type GraphNode = Readonly<{
  name: string
  operation: string
  inputs: readonly string[]
  attributes: Readonly<Record<string, AttributeValue>>
}>

/** Version of graphs that TensorFlow 2.21 writes; older runtimes accept it as long as they know the operations. */
const graphVersion = 1800

/** The file saved_model.pb of a model that is this graph alone, without stored variables or signatures, under the tag `serve`. */
export function encodeSavedModel(nodes: readonly GraphNode[]): Uint8Array {
  const graph = join([...nodes.map((node) => bytesField(1, encodeNode(node))), bytesField(4, integerField(1, graphVersion))])
  const metaGraph = join([bytesField(1, textField(4, 'serve')), bytesField(2, graph)])
  return join([integerField(1, 1), bytesField(2, metaGraph)])
}

function encodeNode({ name, operation, inputs, attributes }: GraphNode): Uint8Array {
  return join([
    textField(1, name),
    textField(2, operation),
    ...inputs.map((input) => textField(3, input)),
    ...Object.entries(attributes).map(([attribute, value]) =>
      bytesField(5, join([textField(1, attribute), bytesField(2, encodeAttribute(value))])),
    ),
  ])
}

function encodeAttribute(value: AttributeValue): Uint8Array {
  if ('text' in value) return textField(2, value.text)
  if ('integer' in value) return integerField(3, value.integer)
  if ('float' in value) return floatField(4, value.float)
  if ('bool' in value) return integerField(5, Number(value.bool))
  if ('type' in value) return integerField(6, value.type)
  if ('shape' in value) return bytesField(7, encodeShape(value.shape))
  if ('tensor' in value) {
    const { type, shape, content } = value.tensor
    return bytesField(8, join([integerField(1, type), bytesField(2, encodeShape(shape)), bytesField(4, content)]))
  }
  if ('integers' in value) return bytesField(1, join(value.integers.map((each) => integerField(3, each))))
  if ('floats' in value) return bytesField(1, join(value.floats.map((each) => floatField(4, each))))
  return bytesField(1, join(value.bools.map((each) => integerField(5, Number(each)))))
}

function encodeShape(shape: readonly number[]): Uint8Array {
  return join(shape.map((extent) => bytesField(2, integerField(1, extent))))
}
