import { SpicerackError } from '#shared/errors.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { say } from '#shared/said.ts'
import { type RunHost, runFiles } from '../run-context.ts'
import { createBackboneEncoder, type Encoder } from './encoder.ts'
import { loadLearnedBackbone } from './learned-backbone.ts'
import { createOnnxEncoder } from './onnx-encoder.ts'
import { createPackagedBackbone } from './packaged-weights.ts'

/**
 * Whether a run clusters features that were computed once, by encoders that stay as they are. Runs of before there was a choice learned
 * their features.
 */
export function usesFixedFeatures({ pretrain: { source } }: ResolvedRecipe): boolean {
  return source === 'packaged' || source === 'onnx' || source === 'both'
}

/** Whether a run learns a network from its own images. */
export function usesLearnedFeatures({ pretrain: { source } }: ResolvedRecipe): boolean {
  return source !== 'packaged' && source !== 'onnx'
}

/**
 * Whether the last stage learns from the images themselves; else from features that stay as they are. A network of its own it has only
 * where the run learned one.
 */
export function classifiesImages(recipe: ResolvedRecipe): boolean {
  return usesLearnedFeatures(recipe) && (recipe.semi.learnsFrom !== 'features' || !usesFixedFeatures(recipe))
}

type EncoderName = 'objects' | 'pictures' | 'onnx' | 'learned'

/** Names of the encoders whose features a run clusters, in the order in which they are put side by side. */
export function encoderNames({ pretrain: { source }, embed: { packagedEncoders: chosen } }: ResolvedRecipe): EncoderName[] {
  if (source === 'onnx') return ['onnx']
  const packaged = chosen === 'both' ? (['objects', 'pictures'] as const) : [chosen]
  return source === 'both' ? [...packaged, 'learned'] : [...packaged]
}

/** These encoders, for images of `sourceSide` pixels. Caller disposes. @throws CONFLICT when an ONNX file is not what it was. */
export async function openEncoders(
  recipe: ResolvedRecipe,
  sourceSide: number,
  host: Pick<RunHost, 'files' | 'models'>,
): Promise<Encoder[]> {
  const { inputSidePx } = recipe.embed
  const open: Record<EncoderName, () => Encoder | Promise<Encoder>> = {
    objects: () => createBackboneEncoder('objects', createPackagedBackbone(1, host.models), inputSidePx),
    pictures: () => createBackboneEncoder('pictures', createPackagedBackbone(1.4, host.models), inputSidePx),
    learned: () => createBackboneEncoder('learned', loadLearnedBackbone(recipe, host.files), Math.min(sourceSide, recipe.pretrain.sidePx)),
    onnx: () => openOnnxEncoder(recipe, host),
  }
  const encoders: Encoder[] = []
  try {
    for (const name of encoderNames(recipe)) encoders.push(await open[name]())
    return encoders
  } catch (error) {
    for (const encoder of encoders) encoder.dispose()
    throw error
  }
}

/** The run keeps the hash of the file, so that new images meet the same network. */
async function openOnnxEncoder({ embed }: ResolvedRecipe, { files, models }: Pick<RunHost, 'files' | 'models'>): Promise<Encoder> {
  const model = await models.onnx(embed.onnxFile)
  const known = files.read(runFiles.onnxHash)
  if (known && new TextDecoder().decode(known) !== model.sha256) {
    model.close()
    throw new SpicerackError('CONFLICT', say('otherOnnxFile', { path: embed.onnxFile }), {
      advice: say('formerFileBack'),
    })
  }
  if (!known) files.write(runFiles.onnxHash, new TextEncoder().encode(model.sha256))
  return createOnnxEncoder(model, embed)
}
