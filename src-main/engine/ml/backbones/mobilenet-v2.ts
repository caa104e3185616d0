import * as tf from '@tensorflow/tfjs'
import { toSignedRange } from '../augmentations/normalize.ts'
import { createBiasedConvolution, createDepthwiseConvolution, relu6 } from '../layers.ts'
import { createParameterStore, type ParameterStore } from '../parameters.ts'
import { type Backbone, type BackboneOptions, createPooledBackbone } from './backbone.ts'
import { chain, type Layer } from './layer.ts'

/** Expansion, channels, blocks and first stride of each stage. @source Sandler et al. 2018, Table 2. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const satisfies readonly (readonly [number, number, number, 1 | 2])[]

const initializer = 'normal-fan-out'

/**
 * MobileNetV2 up to its last bottleneck: 320 features at width factor 1, 448 at 1.4; 224 pixels give a last map of 7. Features may be
 * negative, since a bottleneck ends without activation.
 *
 * Its weights are made for pixels of -1 to 1, into which the normalised images are turned first.
 *
 * Differs from the paper: batch norm is folded into filters and biases, so training and inference are the same function.
 *
 * @source Sandler et al. 2018, "MobileNetV2", Table 2; channels are rounded to multiples of 8 as in its published code.
 */
export function createMobileNetV2({ widthFactor, seed }: BackboneOptions): Backbone {
  const store = createParameterStore(seed)
  let channels = roundChannels(32 * widthFactor)
  const convolve = createBiasedConvolution(store, 'stem', { inputs: 3, outputs: channels, kernel: 3, stride: 2, initializer })
  const layers: Layer[] = [(images) => relu6(convolve(toSignedRange(images)))]
  for (const [expansion, width, count, firstStride] of stages)
    for (let block = 0; block < count; block++) {
      const outputs = roundChannels(width * widthFactor)
      const stride = block === 0 ? firstStride : 1
      layers.push(createInvertedResidual(store, `block${layers.length}`, { inputs: channels, outputs, expansion, stride }))
      channels = outputs
    }
  return createPooledBackbone(store, channels, chain(layers))
}

type InvertedResidualOptions = Readonly<{ inputs: number; outputs: number; expansion: number; stride: 1 | 2 }>

/**
 * y = [x +] project(ReLU6(depthwise(ReLU6(expand(x))))); x is added where the shape stays, and nothing is expanded by a factor of 1.
 *
 * @source Sandler et al. 2018, Figure 3 (b) and Table 1.
 */
function createInvertedResidual(store: ParameterStore, name: string, options: InvertedResidualOptions): Layer {
  const { inputs, outputs, expansion, stride } = options
  const hidden = inputs * expansion
  const expand =
    expansion === 1
      ? undefined
      : createBiasedConvolution(store, `${name}.expand`, { inputs, outputs: hidden, kernel: 1, stride: 1, initializer })
  const filter = createDepthwiseConvolution(store, `${name}.depthwise`, { channels: hidden, stride, initializer })
  const project = createBiasedConvolution(store, `${name}.project`, { inputs: hidden, outputs, kernel: 1, stride: 1, initializer })
  const isResidual = inputs === outputs && stride === 1
  return (input) => {
    const expanded = expand === undefined ? input : relu6(expand(input))
    const projected = project(relu6(filter(expanded)))
    return isResidual ? tf.add(input, projected) : projected
  }
}

/** The nearest multiple of 8 that is not more than a tenth below. */
function roundChannels(count: number): number {
  const rounded = Math.max(8, Math.floor((count + 4) / 8) * 8)
  return rounded < 0.9 * count ? rounded + 8 : rounded
}
