import { narrowInputs } from './narrow-operation.ts'
import type { NativeBinding, TensorMetadata } from './node-backend.ts'
import type { Precision } from './precision.ts'
import { recordAttributes } from './record-operation.ts'
import { type AttributeValue, dataTypes, type GraphNode } from './saved-model.ts'
import { createStandIns } from './stand-ins.ts'

/** Where a tensor comes from: `name:output` of a node, its type, the node's operation, and whether it is the same at each step. */
export type Source = Readonly<{ reference: string; type: number; operation: string; isConstant: boolean }>

/** Constants of more values than this are stored as one value where all are equal. */
const smallConstant = 64

/**
 * Divisions, whose constant divisors are hidden from TensorFlow's optimizer: it would multiply by the reciprocal, which rounds otherwise,
 * so that 255 / 255 may be below 1.
 */
const divisions: ReadonlySet<string> = new Set(['Div', 'RealDiv'])

/** Sums and products, which TensorFlow's optimizer would compute in another order, and so with other roundings, were they not marked as seen. */
const reordered: ReadonlySet<string> = new Set(['Add', 'AddV2', 'AddN', 'Sub', 'Mul'])
const keepOrder: Readonly<Record<string, AttributeValue>> = {
  _grappler_ArithmeticOptimizer_AddOpsRewriteStage: { bool: true },
  _grappler_ArithmeticOptimizer_MinimizeBroadcasts: { bool: true },
}

/**
 * What is put in front of the addon while a step runs once: everything passes on to the addon, and every operation and every constant
 * is noted as a node of a graph.
 */
export interface Recorder {
  /** In place of the addon. */
  readonly binding: NativeBinding
  readonly nodes: readonly GraphNode[]
  /** Notes a node; gives its name. */
  add(operation: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>>): string
  /** From now on this tensor is that output of a node. */
  declare(id: number, source: Source): void
  /** Where a tensor comes from, in the type that it has in JavaScript; one that is not known becomes a constant. */
  sourceOf(id: number): Source
  /** @throws Error when JavaScript read a value that depends on what the step is fed, also where that went into a rejected promise. */
  checkReads(): void
  /** Gives back what it holds, when nobody has a tensor of the recording any more. */
  dispose(): void
}

export type RecorderOptions = Readonly<{
  /** Starts the name of every node. */
  prefix: string
  precision: Precision
  /** The source of a tensor from before the recording, where it is not a constant. */
  findOutside(id: number, recorder: Recorder): Source | undefined
}>

export function createRecorder(addon: NativeBinding, { prefix, precision, findOutside }: RecorderOptions): Recorder {
  const nodes: GraphNode[] = []
  const sources = new Map<number, Source>()
  /** Of each source that was converted, the result. */
  const converted = new Map<string, Source>()
  const standIns = createStandIns(addon)
  let forbiddenRead: Error | undefined

  const add = (operation: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>>): string => {
    const name = `${prefix}/${operation}_${nodes.length}`
    nodes.push({ name, operation, inputs, attributes })
    return name
  }

  const addConstant = (type: number, shape: readonly number[], values: ArrayBufferView): string => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    const size = shape.reduce((product, extent) => product * extent, 1)
    const width = bytes.length / size
    if (size > smallConstant && bytes.every((byte, place) => byte === bytes[place % width])) {
      const extents = addConstant(dataTypes.int32, [shape.length], Int32Array.from(shape))
      const value = addConstant(type, [], bytes.slice(0, width))
      return add('Fill', [extents, value], { T: { type }, index_type: { type: dataTypes.int32 } })
    }
    return add('Const', [], { dtype: { type }, value: { tensor: { type, shape, content: bytes.slice() } } })
  }

  const hideConstant = ({ reference, type }: Source): string => `${add('DeepCopy', [reference], { T: { type } })}:0`

  /** A tensor from before the recording. */
  const capture = (id: number): Source => {
    const [{ id: copy, shape, dtype }] = addon.executeOp('Identity', [], [id], 1)
    const reference = addConstant(dtype, shape, addon.tensorDataSync(copy))
    addon.deleteTensor(copy)
    return { reference, type: dtype, operation: 'Const', isConstant: true }
  }

  const convert = (source: Source, type: number): Source => {
    if (source.type === type) return source
    const known = converted.get(source.reference)
    if (known) return known
    const name = add('Cast', [source.reference], { SrcT: { type: source.type }, DstT: { type }, Truncate: { bool: false } })
    const result = { ...source, reference: `${name}:0`, type }
    converted.set(source.reference, result)
    return result
  }

  const widen = (source: Source): Source => (source.type === dataTypes.bfloat16 ? convert(source, dataTypes.float32) : source)

  const isNarrow = ({ type }: Source): boolean => type === dataTypes.bfloat16

  /** As it was recorded, perhaps in bfloat16. */
  const storedSourceOf = (id: number): Source => {
    const known = sources.get(id)
    if (known) return known
    const found = findOutside(id, recorder) ?? capture(id)
    sources.set(id, found)
    return found
  }

  const noting: Pick<NativeBinding, 'createTensor' | 'deleteTensor' | 'executeOp' | 'tensorDataSync'> = {
    createTensor(shape, type, values): number {
      const id = addon.createTensor(shape, type, values)
      sources.set(id, { reference: addConstant(type, shape, values), type, operation: 'Const', isConstant: true })
      return id
    },
    deleteTensor(id): void {
      if (!standIns.forget(id)) addon.deleteTensor(id)
    },
    executeOp(operation, attributes, inputs, outputCount): TensorMetadata[] {
      const results = addon.executeOp(operation, attributes, inputs.map(standIns.of), outputCount)
      const stored = inputs.map(storedSourceOf)
      const narrowed = precision === 'bfloat16' ? narrowInputs(operation, stored.map(isNarrow)) : []
      const from = stored.map((source, place) => (narrowed.includes(place) ? convert(source, dataTypes.bfloat16) : widen(source)))
      const types = from.map(({ type }) => type)
      const references = from.map(({ reference }) => reference)
      if (divisions.has(operation) && from[1].isConstant) references[1] = hideConstant(from[1])
      const recorded = recordAttributes(addon, operation, attributes, types)
      if (reordered.has(operation)) Object.assign(recorded, keepOrder)
      if (narrowed.length > 0) recorded.T = { type: dataTypes.bfloat16 }
      const name = add(operation, references, recorded)
      const isConstant = from.every((source) => source.isConstant)
      for (const [output, { id, dtype }] of results.entries())
        sources.set(id, {
          ...{ reference: `${name}:${output}`, operation, isConstant },
          type: output === 0 && narrowed.length > 0 ? dataTypes.bfloat16 : dtype,
        })
      if (!isConstant) for (const result of results) standIns.replace(result)
      return results
    },
    tensorDataSync(id): Float32Array | Int32Array | Uint8Array {
      const source = sources.get(id)
      if (source && !source.isConstant) {
        forbiddenRead ??= new Error(
          `A recorded step reads a result of ${source.operation} in JavaScript, which would be fixed for all later steps; it may compute with tensors only.`,
        )
        throw forbiddenRead
      }
      return addon.tensorDataSync(id)
    },
  }
  // The addon's own properties cannot be overwritten, not even in an object that inherits them, but defined anew.
  const binding = Object.create(addon, Object.getOwnPropertyDescriptors(noting)) as NativeBinding

  const recorder: Recorder = {
    binding,
    nodes,
    add,
    declare: (id, source) => void sources.set(id, source),
    sourceOf: (id) => widen(storedSourceOf(id)),
    checkReads() {
      if (forbiddenRead) throw forbiddenRead
    },
    dispose: standIns.dispose,
  }
  return recorder
}
