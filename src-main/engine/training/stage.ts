import type * as tf from '@tensorflow/tfjs'
import type { Feeds } from '#engine/graph/feeds.ts'

export type NamedTensors = Readonly<Record<string, tf.Tensor>>

/** All that a stage needs to go on from a step: tensors, and small values as JSON. */
export type StageState = Readonly<{ tensors: NamedTensors; notes: Readonly<Record<string, unknown>> }>

/** The loss of one step and what else is worth a curve; what is no scalar is handed to `afterStep`. */
export type StepResults = Readonly<{ loss: tf.Scalar } & Record<string, tf.Tensor>>

/** What a step gave besides scalars, by name. */
export type StepLists = Readonly<Record<string, ArrayLike<number>>>

/**
 * One stage of learning, as the train loop sees it. A stage file reads like its paper; the loop owns step, schedule,
 * checkpoint, cancel and progress.
 */
export interface TrainingStage<Given extends Feeds> {
  readonly totalSteps: number
  /** Images that a step passes through the network, for the throughput. */
  readonly imagesPerStep: number
  /** What a step computes with, chance included: a pure function of seed, step and state. The loop disposes its tensors. */
  feeds(step: number): Promise<Given>
  /** One step: changes the variables by a batch. A compiled step; the loop disposes the results. */
  takeStep(feeds: Given): StepResults
  /** What follows a step and is no part of it. */
  afterStep?(step: number, lists: StepLists): Promise<void>
  learningRate(step: number): number
  /** State by reference, or made anew: the loop calls it in a tidy and copies it into a checkpoint at once. */
  state(): StageState
  restore(state: StageState): void
  dispose(): void
}
