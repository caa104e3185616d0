import * as tf from '@tensorflow/tfjs'
import { type Embeddings, toUnitRows } from '#engine/clustering/embeddings.ts'
import { applyRegularView, type RegularView } from '#engine/ml/augmentations/regular-view.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { EmbedSettings } from '#shared/stages/embed.ts'
import { blocks } from '../batches.ts'
import type { ImageSource } from '../image-source.ts'
import { type RunFiles, type RunHost, StageStopped } from '../run-context.ts'
import type { Encoder } from './encoder.ts'

/** Features of all images under each view: of every encoder, scaled to length 1, side by side. */
export type ViewFeatures = Readonly<{
  /** One for each view: `[images, dimension]`, rows L2-normalised. */
  views: readonly Embeddings[]
  /** Of each encoder the mean over the views, scaled to length 1; side by side, rows L2-normalised. */
  embeddings: Embeddings
}>

type NamedView = RegularView & Readonly<{ name: string }>

const whole = { top: 0, left: 0, extent: 1 } as const
const plain: NamedView = { name: 'plain', ...whole, isMirrored: false }
const mirrored: NamedView = { name: 'mirrored', ...whole, isMirrored: true }

function viewsOf(settings: EmbedSettings): NamedView[] {
  return settings.mirror ? [plain, mirrored] : [plain]
}

/**
 * Passes all images through every encoder under every view, a file each. What is done is kept, so that a stopped or killed stage goes on
 * with the next of them.
 *
 * @throws StageStopped when asked to stop.
 */
export async function computeViewFeatures(
  encoders: readonly Encoder[],
  source: ImageSource,
  settings: EmbedSettings,
  host: Pick<RunHost, 'files' | 'now' | 'shouldStop' | 'progress'>,
): Promise<void> {
  const passes = encoders.flatMap((encoder) => viewsOf(settings).map((view) => ({ encoder, view })))
  const totalSteps = source.count * passes.length
  const startedAt = host.now()
  let computed = 0
  for (const [pass, { encoder, view }] of passes.entries()) {
    const file = fileOf(encoder.name, view)
    if (host.files.read(file)) continue
    const values = new Float32Array(source.count * encoder.featureCount)
    for (const indices of blocks(source.count, batchSizeOf(encoder, settings))) {
      if (host.shouldStop()) throw new StageStopped(0)
      values.set(await encodeView(encoder, source, indices, view), indices[0] * encoder.featureCount)
      computed += indices.length
      const seconds = (host.now() - startedAt) / 1000
      const step = pass * source.count + indices[0] + indices.length
      host.progress({
        step,
        totalSteps,
        imagesPerSecond: computed / Math.max(seconds, 1e-6),
        secondsLeft: (seconds / computed) * (totalSteps - step),
        note: say('encoding', { encoder: encoder.name, view: view.name }),
      })
      await tf.nextFrame()
    }
    host.files.write(file, new Uint8Array(values.buffer))
  }
}

/** What {@link computeViewFeatures} left, put together. @throws NOT_FOUND before it is done. */
export function loadViewFeatures(
  encoderNames: readonly string[],
  settings: EmbedSettings,
  files: RunFiles,
  imageCount: number,
): ViewFeatures {
  return combineParts(encoderNames.map((name) => viewsOf(settings).map((view) => storedView(name, view, files, imageCount))))
}

/** Lengths of the parts that each row is made of, one for each encoder. @throws NOT_FOUND before the features are computed. */
export function partDimensionsOf(encoderNames: readonly string[], files: RunFiles, imageCount: number): number[] {
  return encoderNames.map((name) => storedView(name, plain, files, imageCount).dimension)
}

function storedView(encoder: string, view: NamedView, files: RunFiles, imageCount: number): Embeddings {
  const stored = files.read(fileOf(encoder, view))
  if (!stored) throw new SpicerackError('NOT_FOUND', say('notEmbedded'), { advice: say('resumeRun') })
  const values = new Float32Array(stored.slice().buffer)
  return { values, count: imageCount, dimension: values.length / imageCount }
}

function fileOf(encoder: string, view: NamedView): string {
  return `features-${encoder}-${view.name}.f32`
}

const largestBatch = 32
/**
 * Pixels of a batch: four images of 224 x 224. More gain no speed, and while a step is recorded each of these images holds 115 MB of maps
 * (MobileNetV2 1.4).
 */
const batchPixels = 4 * 224 ** 2

function batchSizeOf({ sidePx }: Encoder, settings: EmbedSettings): number {
  return Math.max(1, Math.min(settings.batchSize, largestBatch, Math.floor(batchPixels / sidePx ** 2)))
}

async function encodeView(encoder: Encoder, source: ImageSource, indices: Int32Array, view: RegularView): Promise<Float32Array> {
  const images = tf.tidy(() => applyRegularView(source.images(indices), view, encoder.sidePx))
  const features = await encoder.encode(images)
  images.dispose()
  return features
}

/** @param parts `[encoders][views]`. */
function combineParts(parts: readonly (readonly Embeddings[])[]): ViewFeatures {
  const views = (parts[0] ?? []).map((_, view) => toUnitRows(sideBySide(parts.map((part) => toUnitRows(part[view])))))
  const embeddings = toUnitRows(sideBySide(parts.map((part) => toUnitRows(mean(part)))))
  return { views, embeddings }
}

function mean(all: readonly Embeddings[]): Embeddings {
  const [first] = all
  const values = first.values.map((_, place) => all.reduce((sum, each) => sum + each.values[place], 0) / all.length)
  return { ...first, values }
}

function sideBySide(parts: readonly Embeddings[]): Embeddings {
  if (parts.length === 1) return parts[0]
  const { count } = parts[0]
  const dimension = parts.reduce((sum, part) => sum + part.dimension, 0)
  const values = new Float32Array(count * dimension)
  let column = 0
  for (const part of parts) {
    for (let row = 0; row < count; row++)
      values.set(part.values.subarray(row * part.dimension, (row + 1) * part.dimension), row * dimension + column)
    column += part.dimension
  }
  return { values, count, dimension }
}
