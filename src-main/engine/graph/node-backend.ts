import * as tf from '@tensorflow/tfjs'

/** An operation's result as the addon describes it. */
export type TensorMetadata = Readonly<{ id: number; shape: number[]; dtype: number }>

/** One attribute as tfjs-node gives it to the addon. */
export type NativeAttribute = Readonly<{ name: string; type: number; value: unknown }>

type AttributeKind = 'TF_ATTR_STRING' | 'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_TYPE' | 'TF_ATTR_SHAPE'

/** What the addon of tfjs-node offers, as far as it is used here. Every tensor has a number that is never given twice. */
export interface NativeBinding extends Readonly<Record<AttributeKind, number>> {
  createTensor(shape: number[], dtype: number, values: ArrayBufferView): number
  deleteTensor(id: number): void
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array
  executeOp(name: string, attributes: readonly NativeAttribute[], inputs: readonly number[], outputCount: number): TensorMetadata[]
  loadSavedModel(folder: string, tags: string): number
  deleteSavedModel(model: number): void
  runSavedModel(model: number, inputs: readonly number[], inputNames: string, outputNames: string): TensorMetadata[]
}

/** The parts of tfjs-node's backend that recording needs. */
export interface NodeBackend {
  /** Every kernel calls it; may be replaced for a while. */
  binding: NativeBinding
  /** The addon's numbers of tensors; values that wait in JavaScript are handed over first. */
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[]
  createOutputTensor(metadata: TensorMetadata): tf.Tensor
}

/** The present backend, where it is TensorFlow. */
export function nodeBackend(): NodeBackend | undefined {
  return tf.getBackend() === 'tensorflow' ? (tf.backend() as unknown as NodeBackend) : undefined
}
