import * as tf from '@tensorflow/tfjs'
import type { Backbone } from '#engine/ml/backbones/backbone.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { say } from '#shared/said.ts'
import { decodeCheckpoint } from '../checkpoint.ts'
import { restoreParameters } from '../networks.ts'
import { type RunFiles, runFiles } from '../run-context.ts'

/** The backbone that the first stage learned. Caller disposes. @throws NOT_FOUND before that stage is done. */
export function loadLearnedBackbone(recipe: ResolvedRecipe, files: RunFiles): Backbone {
  const encoded = files.read(runFiles.pretrained)
  if (!encoded) throw new SpicerackError('NOT_FOUND', say('noFeaturesYet'), { advice: say('resumeRun') })
  const backbone = createBackbone({ name: recipe.pretrain.backbone, widthFactor: recipe.pretrain.widthFactor, seed: 0 })
  const { tensors } = decodeCheckpoint(encoded)
  restoreParameters(backbone.parameters, tensors)
  tf.dispose(tensors as Record<string, tf.Tensor>)
  return backbone
}
