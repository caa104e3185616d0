import * as tf from '@tensorflow/tfjs'
import type { Backbone } from '#engine/ml/backbones/backbone.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import type { Parameter } from '#engine/ml/parameters.ts'
import { readSafetensors } from '#engine/ml/safetensors.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { RunHost } from '../run-context.ts'

/** Width factors of MobileNetV2 for which weights are packaged, and their names. */
const packagedNames: Readonly<Record<number, string>> = { 1: 'mobilenet-v2-1.0', 1.4: 'mobilenet-v2-1.4' }

/** A MobileNetV2 with packaged weights; all of it can be trained. Caller disposes. */
export function createPackagedBackbone(widthFactor: 1 | 1.4, models: RunHost['models']): Backbone {
  const backbone = createBackbone({ name: 'mobilenet-v2', widthFactor, seed: 0 })
  givePackagedWeights(backbone.parameters, { name: 'mobilenet-v2', widthFactor }, models)
  return backbone
}

/**
 * Gives the parameters of a backbone the packaged weights of its kind.
 *
 * @throws BAD_INPUT where there are none; INTERNAL when the packaged file does not fit.
 */
export function givePackagedWeights(
  parameters: readonly Parameter[],
  { name, widthFactor }: Readonly<{ name: string; widthFactor: number }>,
  models: RunHost['models'],
): void {
  const file = name === 'mobilenet-v2' ? packagedNames[widthFactor] : undefined
  if (file === undefined)
    throw new SpicerackError('BAD_INPUT', say('noWeightsFor', { name, widthFactor }), {
      advice: say('chooseWithWeights'),
    })
  const stored = readSafetensors(models.packaged(file))
  for (const parameter of parameters) {
    const tensor = stored.get(parameter.name)
    if (!tensor || tensor.shape.join() !== parameter.variable.shape.join())
      throw new SpicerackError('INTERNAL', `The packaged weights ${file} have no fitting "${parameter.name}".`)
    tf.tidy(() => parameter.variable.assign(tf.tensor(tensor.values, [...tensor.shape])))
  }
}
