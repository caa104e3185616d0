import * as tf from '@tensorflow/tfjs'
import type { backboneChoices } from '#shared/stages/pretrain.ts'
import type { BatchNormMode } from '../batch-norm.ts'
import { globalAveragePool } from '../layers.ts'
import type { Parameter, ParameterStore } from '../parameters.ts'
import type { Layer } from './layer.ts'

export type BackboneName = (typeof backboneChoices)[number]

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
   * `[batch, side, side, 3]` float32, normalised, to `[batch, featureCount]`: global average of the last map, not normalised. Not
   * negative in the ResNets, which end in ReLU; the wide ResNets end in leaky ReLU.
   */
  features(images: tf.Tensor4D, mode: BatchNormMode): tf.Tensor2D
  dispose(): void
}

/** The backbone whose last map is that of `layers`, with `featureCount` channels; the store's parameters are its own. */
export function createPooledBackbone(store: ParameterStore, featureCount: number, layers: Layer): Backbone {
  return {
    featureCount,
    parameters: store.parameters,
    features: (images, mode) => tf.tidy(() => globalAveragePool(layers(images, mode))),
    dispose: () => store.dispose(),
  }
}

/** `width` channels times the factor, rounded, at least 1. */
export function scaleWidth(width: number, factor: number): number {
  return Math.max(1, Math.round(width * factor))
}
