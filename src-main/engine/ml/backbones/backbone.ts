import type * as tf from '@tensorflow/tfjs'
import type { BatchNormMode } from '../batch-norm.ts'
import type { Parameter } from '../parameters.ts'

export const backboneNames = [
  'clusterresnet',
  'resnet18-cifar',
  'resnet18',
  'resnet34',
  'wide-resnet-28-2',
  'wide-resnet-28-8',
  'wide-resnet-stl',
] as const
export type BackboneName = (typeof backboneNames)[number]

export type BackboneOptions = Readonly<{
  name: BackboneName
  /** Factor on every channel count, 0-1 (0.25: a quarter of the published width); rounded to whole channels, at least 1. */
  widthFactor: number
  seed: number
}>

/** A convolutional network from images to one feature vector each. */
export interface Backbone {
  /** Length of a feature vector; 512 in the published ResNets at width factor 1. */
  readonly featureCount: number
  readonly parameters: readonly Parameter[]
  /**
   * `[batch, side, side, 3]` float32, normalised, to `[batch, featureCount]`: global average of the last map, not normalised,
   * not negative (it ends in ReLU).
   */
  features(images: tf.Tensor4D, mode: BatchNormMode): tf.Tensor2D
  dispose(): void
}
