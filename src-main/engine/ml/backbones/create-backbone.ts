import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { backboneChoices } from '#shared/stages/pretrain.ts'
import type { Backbone, BackboneOptions } from './backbone.ts'
import { createClusterResNet } from './cluster-resnet.ts'
import { createMobileNetV2 } from './mobilenet-v2.ts'
import { createResNet18, createResNet18Cifar, createResNet34 } from './resnet.ts'
import { createWideResNet28, createWideResNetStl } from './wide-resnet.ts'

/**
 * The backbone of this name with seeded first weights. Caller disposes.
 *
 * @throws BAD_INPUT for an unknown name, or a width factor that is not above 0.
 */
export function createBackbone(options: BackboneOptions): Backbone {
  if (!(options.widthFactor > 0 && Number.isFinite(options.widthFactor)))
    throw new SpicerackError('BAD_INPUT', say('widthFactorPositive', { widthFactor: options.widthFactor }))
  switch (options.name) {
    case 'clusterresnet':
      return createClusterResNet(options)
    case 'resnet18-cifar':
      return createResNet18Cifar(options)
    case 'resnet18':
      return createResNet18(options)
    case 'resnet34':
      return createResNet34(options)
    case 'mobilenet-v2':
      return createMobileNetV2(options)
    case 'wide-resnet-28-2':
      return createWideResNet28(options, 2)
    case 'wide-resnet-28-8':
      return createWideResNet28(options, 8)
    case 'wide-resnet-stl':
      return createWideResNetStl(options)
    default:
      throw new SpicerackError('BAD_INPUT', say('noBackbone', { name: String(options.name) }), {
        advice: say('chooseOneOf', { choices: backboneChoices.join(', ') }),
      })
  }
}
