import { maxPool } from '../layers.ts'
import { createParameterStore } from '../parameters.ts'
import { type Backbone, type BackboneOptions, createPooledBackbone, scaleWidth } from './backbone.ts'
import { createStages } from './basic-block.ts'
import { chain } from './layer.ts'
import { createStem } from './stem.ts'

/**
 * The encoder of the published results on STL10 and CIFAR: a ResNet34 for small images, with a 3x3 stem of stride 1 and a 2x2
 * max-pool with a border of one. A side of 96, 64, 32 pixels gives a last map of 7, 5, 3.
 *
 * Weights start from U(-b, b), b = 1/sqrt(fanIn): the published code defines He's initialisation and never calls it.
 *
 * @source SPICE 4.2; "ClusterNet5g" of Ji et al. 2019 (IIC).
 */
export function createClusterResNet({ widthFactor, seed }: BackboneOptions): Backbone {
  const store = createParameterStore(seed)
  const widths = [64, 128, 256, 512].map((width) => scaleWidth(width, widthFactor))
  const initializer = 'uniform-fan-in'
  const stem = createStem(store, { kernel: 3, stride: 1, outputs: widths[0]!, initializer })
  const stages = createStages(store, { inputs: widths[0]!, depths: [3, 4, 6, 3], widths, initializer })
  return createPooledBackbone(store, widths[3]!, chain([stem, (map) => maxPool(map, { window: 2, border: 1 }), stages]))
}
