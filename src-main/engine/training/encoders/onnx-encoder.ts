import * as tf from '@tensorflow/tfjs'
import { computeValues } from '#engine/ml/compute-values.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { EmbedSettings } from '#shared/stages/embed.ts'
import type { OnnxModel } from '../run-context.ts'
import type { Encoder } from './encoder.ts'

/** Mean and deviation of each channel, 0-1. */
const normalizations: Readonly<Record<EmbedSettings['onnxNormalization'], readonly [readonly number[], readonly number[]]>> = {
  imagenet: [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ],
  clip: [
    [0.48145466, 0.4578275, 0.40821073],
    [0.26862954, 0.26130258, 0.27577711],
  ],
  'minus-one-to-one': [
    [0.5, 0.5, 0.5],
    [0.5, 0.5, 0.5],
  ],
  'zero-to-one': [
    [0, 0, 0],
    [1, 1, 1],
  ],
  bytes: [
    [0, 0, 0],
    [1 / 255, 1 / 255, 1 / 255],
  ],
}

/**
 * An ONNX file as an encoder; it is closed with it. A map that comes out is averaged over its height and width; of a sequence the first
 * token is taken, or the mean of all.
 *
 * @throws BAD_INPUT when neither the file nor the settings tell side or layout of its images.
 */
export async function createOnnxEncoder(model: OnnxModel, settings: EmbedSettings): Promise<Encoder> {
  try {
    const isChannelsFirst = layoutOf(model, settings) === 'nchw'
    const sidePx = sideOf(model, settings, isChannelsFirst)
    const [fixedBatch] = model.inputDims
    const [mean, deviation] = normalizations[settings.onnxNormalization]
    const toInput = (images: tf.Tensor4D): tf.Tensor => {
      const normalized = tf.div(tf.sub(tf.div(images, 255), [...mean]), [...deviation])
      return isChannelsFirst ? tf.transpose(normalized, [0, 3, 1, 2]) : normalized
    }
    const computeBlock = async (images: tf.Tensor4D): Promise<Float32Array> => {
      const values = await computeValues(() => toInput(images))
      const [batch] = images.shape
      const dims = isChannelsFirst ? [batch, 3, sidePx, sidePx] : [batch, sidePx, sidePx, 3]
      const output = await model.compute(values, dims)
      return computeValues(() => pool(output, settings.onnxTokens, isChannelsFirst))
    }
    const encode = async (images: tf.Tensor4D): Promise<Float32Array> => {
      const [count] = images.shape
      if (fixedBatch === null || fixedBatch === count) return computeBlock(images)
      const blocks: Float32Array[] = []
      for (let start = 0; start < count; start += fixedBatch) {
        const size = Math.min(fixedBatch, count - start)
        const block = tf.tidy(() =>
          tf.pad(tf.slice(images, start, size), [
            [0, fixedBatch - size],
            [0, 0],
            [0, 0],
            [0, 0],
          ]),
        )
        const features = await computeBlock(block)
        blocks.push(features.subarray(0, (features.length / fixedBatch) * size))
        block.dispose()
      }
      return Float32Array.from(blocks.flatMap((block) => [...block]))
    }
    const probe = tf.zeros([1, sidePx, sidePx, 3]) as tf.Tensor4D
    const featureCount = (await encode(probe)).length
    probe.dispose()
    return { name: 'onnx', featureCount, sidePx, encode, dispose: () => model.close() }
  } catch (error) {
    model.close()
    throw error
  }
}

function layoutOf({ inputDims }: OnnxModel, { onnxLayout }: EmbedSettings): 'nchw' | 'nhwc' {
  if (onnxLayout !== 'auto') return onnxLayout
  if (inputDims[1] === 3) return 'nchw'
  if (inputDims[3] === 3) return 'nhwc'
  throw new SpicerackError('BAD_INPUT', say('onnxNoColours'), {
    advice: say('onnxSayLayout'),
  })
}

function sideOf({ inputDims }: OnnxModel, { onnxSidePx }: EmbedSettings, isChannelsFirst: boolean): number {
  const [height, width] = isChannelsFirst ? inputDims.slice(2) : inputDims.slice(1, 3)
  const known = height ?? width
  if ((height !== null && width !== null && height !== width) || (known != null && onnxSidePx > 0 && known !== onnxSidePx))
    throw new SpicerackError('BAD_INPUT', say('onnxWrongSize', { height: height ?? '?', width: width ?? '?' }), {
      advice: say('onnxExportSquare'),
    })
  const side = known ?? onnxSidePx
  if (side > 0) return side
  throw new SpicerackError('BAD_INPUT', say('onnxNoSize'), {
    advice: say('onnxSaySize'),
  })
}

/** `[batch, features]` of what the file gave. */
function pool(
  { values, dims }: Readonly<{ values: Float32Array; dims: readonly number[] }>,
  tokens: EmbedSettings['onnxTokens'],
  isChannelsFirst: boolean,
): tf.Tensor {
  const output = tf.tensor(values, [...dims])
  if (dims.length === 4) return tf.mean(output, isChannelsFirst ? [2, 3] : [1, 2])
  if (dims.length === 3) return tokens === 'mean' ? tf.mean(output, 1) : tf.squeeze(tf.slice(output, [0, 0, 0], [-1, 1, -1]), [1])
  if (dims.length === 2) return output
  throw new SpicerackError('BAD_INPUT', say('onnxNoFeatures', { dimensions: dims.length }), {
    advice: say('onnxExportEncoderAlone'),
  })
}
