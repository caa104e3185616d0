import type { NativeAttribute, NativeBinding } from './node-backend.ts'
import type { AttributeValue } from './saved-model.ts'

/**
 * Type attributes that tfjs-node leaves out because TensorFlow infers them when it runs an operation at once: the place of the input
 * whose type it is.
 */
const inferredTypes: Readonly<Record<string, Readonly<Record<string, number>>>> = { ExpandDims: { T: 0 } }

/** The attributes of an operation as a graph wants them. @param inputTypes TensorFlow's numbers of the inputs' types. */
export function recordAttributes(
  binding: NativeBinding,
  operation: string,
  attributes: readonly NativeAttribute[],
  inputTypes: readonly number[],
): Record<string, AttributeValue> {
  const recorded: Record<string, AttributeValue> = {}
  for (const [name, place] of Object.entries(inferredTypes[operation] ?? {})) recorded[name] = { type: inputTypes[place] }
  for (const attribute of attributes) recorded[attribute.name] = recordAttribute(binding, attribute)
  return recorded
}

function recordAttribute(binding: NativeBinding, { name, type, value }: NativeAttribute): AttributeValue {
  const isList = Array.isArray(value)
  switch (type) {
    case binding.TF_ATTR_STRING:
      return { text: value as string }
    case binding.TF_ATTR_INT:
      return isList ? { integers: value as number[] } : { integer: value as number }
    case binding.TF_ATTR_FLOAT:
      return isList ? { floats: value as number[] } : { float: value as number }
    case binding.TF_ATTR_BOOL:
      return isList ? { bools: value as boolean[] } : { bool: value as boolean }
    case binding.TF_ATTR_TYPE:
      return { type: value as number }
    case binding.TF_ATTR_SHAPE:
      return { shape: value as number[] }
    default:
      throw new Error(`The attribute "${name}" has a type that is not known: ${type}.`)
  }
}
