import { maxPool } from '../layers.ts'
import { createParameterStore } from '../parameters.ts'
import { type Backbone, type BackboneOptions, createPooledBackbone, scaleWidth } from './backbone.ts'
import { createStages } from './basic-block.ts'
import { chain, type Layer } from './layer.ts'
import { createStem } from './stem.ts'

type ResNetForm = Readonly<{
  depths: readonly number[]
  stem: Readonly<{ kernel: 3 | 7; stride: 1 | 2 }>
  pool: readonly Layer[]
}>

/** ResNet18 that keeps the full resolution in its first stage: a side of 32 pixels gives a last map of 4. */
export function createResNet18Cifar(options: BackboneOptions): Backbone {
  return createResNet(options, { depths: [2, 2, 2, 2], stem: { kernel: 3, stride: 1 }, pool: [] })
}

/** ResNet18 as published for STL10: a 3x3 stem and a 2x2 max-pool with a border of one; 96 pixels give a last map of 7. */
export function createResNet18(options: BackboneOptions): Backbone {
  return createResNet(options, {
    depths: [2, 2, 2, 2],
    stem: { kernel: 3, stride: 1 },
    pool: [(map) => maxPool(map, { window: 2, border: 1 })],
  })
}

/** ResNet34 as for ImageNet: 7x7 stem of stride 2, 3x3 max-pool of stride 2; 224 pixels give a last map of 7. */
export function createResNet34(options: BackboneOptions): Backbone {
  return createResNet(options, {
    depths: [3, 4, 6, 3],
    stem: { kernel: 7, stride: 2 },
    pool: [(map) => maxPool(map, { window: 3, border: 1 })],
  })
}

/** @source He et al. 2016, "Deep residual learning", Table 1; weights start as in He et al. 2015, fan-out mode. */
function createResNet({ widthFactor, seed }: BackboneOptions, form: ResNetForm): Backbone {
  const store = createParameterStore(seed)
  const widths = [64, 128, 256, 512].map((width) => scaleWidth(width, widthFactor))
  const initializer = 'normal-fan-out'
  const stem = createStem(store, { ...form.stem, outputs: widths[0]!, initializer })
  const stages = createStages(store, { inputs: widths[0]!, depths: form.depths, widths, initializer })
  return createPooledBackbone(store, widths[3]!, chain([stem, ...form.pool, stages]))
}
