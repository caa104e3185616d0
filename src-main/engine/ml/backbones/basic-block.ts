import * as tf from '@tensorflow/tfjs'
import { createBatchNorm, publishedBatchNorm } from '../batch-norm.ts'
import { createConvolution, relu } from '../layers.ts'
import type { Initializer, ParameterStore } from '../parameters.ts'
import { chain, type Layer } from './layer.ts'

export type BlockOptions = Readonly<{ inputs: number; outputs: number; stride: 1 | 2; initializer: Initializer }>

/**
 * y = ReLU(F(x) + shortcut(x)), F = 3x3 convolution, batch norm, ReLU, 3x3 convolution, batch norm. The shortcut is x itself,
 * or a 1x1 convolution with batch norm where the shape changes.
 *
 * @source He et al. 2016, "Deep residual learning", Figure 2 and option B of 3.3.
 */
function createBasicBlock(store: ParameterStore, name: string, options: BlockOptions): Layer {
  const { inputs, outputs, stride, initializer } = options
  const convolve1 = createConvolution(store, `${name}.conv1`, { inputs, outputs, kernel: 3, stride, initializer })
  const normalize1 = createBatchNorm(store, `${name}.norm1`, outputs, publishedBatchNorm)
  const convolve2 = createConvolution(store, `${name}.conv2`, { inputs: outputs, outputs, kernel: 3, stride: 1, initializer })
  const normalize2 = createBatchNorm(store, `${name}.norm2`, outputs, publishedBatchNorm)
  const shortcut = inputs === outputs && stride === 1 ? undefined : createShortcut(store, `${name}.shortcut`, options)
  return (input, mode) => {
    const inner = relu(normalize1(convolve1(input), mode))
    const residual = normalize2(convolve2(inner), mode)
    return relu(tf.add(residual, shortcut === undefined ? input : shortcut(input, mode)))
  }
}

function createShortcut(store: ParameterStore, name: string, options: BlockOptions): Layer {
  const project = createConvolution(store, name, { ...options, kernel: 1 })
  const normalize = createBatchNorm(store, `${name}.norm`, options.outputs, publishedBatchNorm)
  return (input, mode) => normalize(project(input), mode)
}

export type StagesOptions = Readonly<{
  /** Channels of the map that enters. */
  inputs: number
  /** Blocks of each stage. */
  depths: readonly number[]
  /** Channels of each stage. */
  widths: readonly number[]
  initializer: Initializer
}>

/** Stages of basic blocks; every stage but the first halves height and width in its first block. */
export function createStages(store: ParameterStore, { inputs, depths, widths, initializer }: StagesOptions): Layer {
  const blocks: Layer[] = []
  let channels = inputs
  for (const [stage, outputs] of widths.entries()) {
    for (let block = 0; block < depths[stage]!; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1
      blocks.push(createBasicBlock(store, `stage${stage + 1}.block${block + 1}`, { inputs: channels, outputs, stride, initializer }))
      channels = outputs
    }
  }
  return chain(blocks)
}
