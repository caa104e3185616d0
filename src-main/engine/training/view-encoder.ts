import type * as tf from '@tensorflow/tfjs'
import type { Feeds } from '#engine/graph/feeds.ts'
import { createStepProgram } from '#engine/graph/step-program.ts'
import type { Backbone } from '#engine/ml/backbones/backbone.ts'
import type { BatchNormMode } from '#engine/ml/batch-norm.ts'

/** A backbone behind one kind of view of the images, compiled. */
export interface ViewEncoder<View extends Feeds> {
  readonly featureCount: number
  /** `[batch, side, side, 3]` of 0-255 to `[batch, featureCount]`, not normalised. Caller disposes. */
  encode(images: tf.Tensor4D, view: View): tf.Tensor2D
  /** Brings the backbone's running statistics up to date; only mode `batch` changes them. */
  readVariables(): void
  /** The backbone stays. */
  dispose(): void
}

/** @param apply Applies the view to `[batch, side, side, 3]` of 0-255 and normalises. */
export function createViewEncoder<View extends Feeds>(
  backbone: Backbone,
  apply: (images: tf.Tensor4D, view: View) => tf.Tensor4D,
  mode: BatchNormMode = 'running',
): ViewEncoder<View> {
  const program = createStepProgram()
  const encode = program.compile(({ images, view }: { images: tf.Tensor4D; view: View }) => ({
    features: backbone.features(apply(images, view), mode),
  }))
  return {
    featureCount: backbone.featureCount,
    encode: (images, view) => encode({ images, view }).features,
    readVariables: program.readVariables,
    dispose: program.dispose,
  }
}
