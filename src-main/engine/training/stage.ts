import type * as tf from '@tensorflow/tfjs'

export type NamedTensors = Readonly<Record<string, tf.Tensor>>

/** All that a stage needs to go on from a step: tensors, and small values as JSON. */
export type StageState = Readonly<{ tensors: NamedTensors; notes: Readonly<Record<string, unknown>> }>

/** The loss of one batch and what else is worth a curve; all scalars. */
export type StageLoss = Readonly<{ total: tf.Scalar; metrics: Readonly<Record<string, tf.Scalar>> }>

/**
 * One stage of learning, as the train loop sees it. A stage file reads like its paper; the loop owns step, schedule,
 * checkpoint, cancel and progress.
 */
export interface TrainingStage<Batch extends tf.TensorContainer> {
  readonly totalSteps: number
  /** Images that a step passes through the network, for the throughput. */
  readonly imagesPerStep: number
  /** The variables that the gradient may change. */
  readonly trainable: readonly tf.Variable[]
  /** Batch of this step: a pure function of seed, step and state. The loop disposes it. */
  batch(step: number): Promise<Batch>
  /** Loss of one batch, inside the gradient tape; static shapes. */
  loss(batch: Batch): StageLoss
  /** Changes the variables; `gradients` are in the order of `trainable`. */
  update(gradients: readonly tf.Tensor[], step: number): void
  /** What follows an update: queue, moving averages, evaluation. */
  afterStep?(batch: Batch, step: number): void | Promise<void>
  learningRate(step: number): number
  /** State by reference, or made anew: the loop calls it in a tidy and copies it into a checkpoint at once. */
  state(): StageState
  restore(state: StageState): void
  dispose(): void
}
