import { createConvolution } from '../layers.ts'
import { createParameterStore } from '../parameters.ts'
import { type Backbone, type BackboneOptions, createPooledBackbone, scaleWidth } from './backbone.ts'
import { chain, type Layer } from './layer.ts'
import { createActivation, createPreActivationBlock } from './pre-activation-block.ts'

type WideResNetForm = Readonly<{ depth: number; widths: readonly number[]; strides: readonly (1 | 2)[] }>

/** WRN-28-k: 28 = 6 * 4 + 4 layers in three groups of 16k, 32k and 64k channels; 32 pixels give a last map of 8. */
export function createWideResNet28(options: BackboneOptions, widen: 2 | 8): Backbone {
  return createWideResNet(options, { depth: 4, widths: [16 * widen, 32 * widen, 64 * widen], strides: [1, 2, 2] })
}

/** The published network for STL10: four groups, each halving the map; 96 pixels give a last map of 6. */
export function createWideResNetStl(options: BackboneOptions): Backbone {
  return createWideResNet(options, { depth: 4, widths: [32, 64, 128, 256], strides: [2, 2, 2, 2] })
}

/**
 * Pre-activation blocks with leaky ReLU; features may be slightly negative.
 *
 * Differs from the paper, as every PyTorch version of FixMatch does: the first block of each group but the first convolves its
 * input as it comes, without normalising it before.
 *
 * @source Zagoruyko & Komodakis 2016, Table 1; Sohn et al. 2020 (FixMatch), supplement B.
 */
function createWideResNet({ widthFactor, seed }: BackboneOptions, { depth, widths, strides }: WideResNetForm): Backbone {
  const store = createParameterStore(seed)
  let channels = scaleWidth(16, widthFactor)
  const stem = createConvolution(store, 'stem', { inputs: 3, outputs: channels, kernel: 3, stride: 1, initializer: 'normal-fan-out' })
  const layers: Layer[] = [stem]
  for (const [group, width] of widths.entries()) {
    const outputs = scaleWidth(width, widthFactor)
    for (let block = 0; block < depth; block++) {
      const activated = block > 0 ? 'residual' : group === 0 ? 'both' : 'none'
      const stride = block > 0 ? 1 : strides[group]!
      layers.push(createPreActivationBlock(store, `group${group + 1}.block${block + 1}`, { inputs: channels, outputs, stride, activated }))
      channels = outputs
    }
  }
  layers.push(createActivation(store, 'norm', channels))
  return createPooledBackbone(store, channels, chain(layers))
}
