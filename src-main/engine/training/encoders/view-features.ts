import * as tf from '@tensorflow/tfjs'
import { type Embeddings, scaleToUnit } from '#engine/clustering/embeddings.ts'
import { applyRegularView, type RegularView } from '#engine/ml/augmentations/regular-view.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { EmbedSettings } from '#shared/stages/embed.ts'
import { blocks } from '../batches.ts'
import type { ImageSource } from '../image-source.ts'
import { type RunFiles, type RunHost, StageStopped } from '../run-context.ts'
import { floatsOf } from '../stored-floats.ts'
import type { Encoder } from './encoder.ts'

/**
 * Features of all images under each view: of every encoder, scaled to length 1, side by side. Both are put together whenever they are
 * asked for, so that nobody holds what only others need.
 */
export interface ViewFeatures {
  /** One for each view: `[images, dimension]`, rows L2-normalised. */
  readonly views: Embeddings[]
  /** Of each encoder the mean over the views, scaled to length 1; side by side, rows L2-normalised. */
  readonly embeddings: Embeddings
}

type NamedView = RegularView & Readonly<{ name: string }>

const whole = { top: 0, left: 0, extent: 1 } as const
const plain: NamedView = { name: 'plain', ...whole, isMirrored: false }
const mirrored: NamedView = { name: 'mirrored', ...whole, isMirrored: true }

function viewsOf(settings: EmbedSettings): NamedView[] {
  return settings.mirror ? [plain, mirrored] : [plain]
}

/**
 * Passes all images through every encoder under every view, a file each. What is done is kept, also of an unfinished pass, so that a
 * stopped or killed stage goes on with the images after it.
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
    if (host.files.size(file) !== undefined) continue
    const values = new Float32Array(source.count * encoder.featureCount)
    const batchSize = batchSizeOf(encoder, settings)
    const partial = openPartial(file, values, batchSize * encoder.featureCount, host.files)
    for (const indices of blocks(source.count, batchSize)) {
      const start = indices[0] * encoder.featureCount
      if (start < partial.restored) continue
      if (host.shouldStop()) {
        partial.keep(start)
        throw new StageStopped(pass * source.count + indices[0])
      }
      const features = await encodeView(encoder, source, indices, view)
      values.set(features, start)
      partial.mayKeep(start + features.length)
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
    partial.remove()
  }
}

/** Values after which the unfinished pass is kept again: 4 MB. */
const keptAtOnce = 2 ** 20

/**
 * What there is of an unfinished pass, in a file beside that of the whole one, put into `values`: so many values as are restored, in whole
 * batches, so that those to come are of the same images as without a stop.
 */
function openPartial(file: string, values: Float32Array, batchValues: number, files: RunFiles) {
  const name = `${file}.partial`
  const stored = files.read(name)
  const restored = stored ? Math.floor(Math.min(stored.length / 4, values.length) / batchValues) * batchValues : 0
  if (stored) {
    const whole = stored.slice(0, 4 * restored)
    values.set(new Float32Array(whole.buffer))
    // A kill may have left a batch that is not whole.
    if (whole.length < stored.length) files.write(name, whole)
  }
  let kept = restored
  const keep = (end: number): void => {
    if (end > kept) files.append(name, new Uint8Array(values.buffer, 4 * kept, 4 * (end - kept)))
    kept = end
  }
  return {
    restored,
    keep,
    mayKeep: (end: number): void => {
      if (end - kept >= keptAtOnce) keep(end)
    },
    remove: (): void => files.remove(name),
  }
}

/** What {@link computeViewFeatures} left; asking for it throws NOT_FOUND before it is done. */
export function loadViewFeatures(
  encoderNames: readonly string[],
  settings: EmbedSettings,
  files: RunFiles,
  imageCount: number,
): ViewFeatures {
  const all = viewsOf(settings)
  const combine = (views: readonly NamedView[]): Embeddings => sideBySide(encoderNames, views, files, imageCount)
  return {
    get views() {
      return all.map((view) => combine([view]))
    },
    get embeddings() {
      return combine(all)
    },
  }
}

/** Lengths of the parts that each row is made of, one for each encoder. @throws NOT_FOUND before the features are computed. */
export function partDimensionsOf(encoderNames: readonly string[], files: RunFiles, imageCount: number): number[] {
  return encoderNames.map((name) => {
    const size = files.size(fileOf(name, plain))
    if (size === undefined) throw notEmbedded()
    return size / 4 / imageCount
  })
}

/** What asks for features or the embedding gets before they are there. */
export function notEmbedded(): SpicerackError {
  return new SpicerackError('NOT_FOUND', say('notEmbedded'), { advice: say('resumeRun') })
}

/** Those of the values of a view from `start` to before `end`; not to be changed. */
function storedValues(encoder: string, view: NamedView, files: RunFiles, start: number, end: number): Float32Array {
  const stored = files.readPart(fileOf(encoder, view), 4 * start, 4 * end)
  if (!stored) throw notEmbedded()
  return floatsOf(stored)
}

function fileOf(encoder: string, view: NamedView): string {
  return `features-${encoder}-${view.name}.f32`
}

const largestBatch = 32
/** Pixels of a batch: four images of 224 x 224. More gain no speed, and take memory. */
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

/** Images whose stored features are read at once. */
const readAtOnce = 2048

/**
 * Of each encoder the mean of its views, scaled to length 1, side by side; rows L2-normalised. The files are read by parts: of many images
 * each of them is large.
 */
function sideBySide(encoderNames: readonly string[], views: readonly NamedView[], files: RunFiles, count: number): Embeddings {
  const sizes = partDimensionsOf(encoderNames, files, count)
  const dimension = sizes.reduce((sum, size) => sum + size, 0)
  const values = new Float32Array(count * dimension)
  let column = 0
  for (const [encoder, size] of sizes.entries()) {
    for (let first = 0; first < count; first += readAtOnce) {
      const end = Math.min(count, first + readAtOnce)
      const parts = views.map((view) => storedValues(encoderNames[encoder], view, files, first * size, end * size))
      for (let row = first; row < end; row++) {
        const start = row * dimension + column
        for (let place = 0; place < size; place++) {
          let sum = 0
          for (const part of parts) sum += part[(row - first) * size + place]
          values[start + place] = sum / parts.length
        }
        scaleToUnit(values, start, start + size)
      }
    }
    column += size
  }
  for (let row = 0; row < count; row++) scaleToUnit(values, row * dimension, (row + 1) * dimension)
  return { values, count, dimension }
}
