import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '#engine/ml/random.ts'
import { createOnnxEncoder } from '#engine/training/encoders/onnx-encoder.ts'
import { readOnnxFile } from '#engine/worker/onnx/onnx-file.ts'
import { openOnnx } from '#engine/worker/onnx/open-onnx.ts'
import { defaultsOf } from '#shared/settings.ts'
import { type EmbedSettings, embedSettings } from '#shared/stages/embed.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { patchMapOnnx, rowTokensOnnx, textOnnx } from './onnx-file.ts'

const random = createRandom(4)
const weights = Float32Array.from({ length: 5 * 3 * 4 * 4 }, () => random.normal())
const bytes = Float32Array.from({ length: 3 * 8 * 8 * 3 }, () => random.integer(256))
const settings = (changes: Partial<EmbedSettings> = {}): EmbedSettings => ({ ...defaultsOf(embedSettings), ...changes })

let folder: string
const write = (name: string, content: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-onnx-'))
  await useBackend((await availableBackends())[0]!)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function encode(
  path: string,
  changes: Partial<EmbedSettings>,
): Promise<{ features: Float32Array; featureCount: number; sidePx: number }> {
  const encoder = await createOnnxEncoder(await openOnnx(path), settings(changes))
  const images = tf.tensor4d(bytes, [3, 8, 8, 3])
  try {
    return { features: await encoder.encode(images), featureCount: encoder.featureCount, sidePx: encoder.sidePx }
  } finally {
    images.dispose()
    encoder.dispose()
  }
}

/** Mean over the four patches of the weighted sums of their pixels, by loops. */
function slowPatches(normalize: (byte: number, channel: number) => number): number[] {
  return Array.from({ length: 15 }, (_, place) => {
    const [image, feature] = [Math.floor(place / 5), place % 5]
    let sum = 0
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++)
        for (let c = 0; c < 3; c++)
          sum += weights[((feature * 3 + c) * 4 + (y % 4)) * 4 + (x % 4)]! * normalize(bytes[((image * 8 + y) * 8 + x) * 3 + c]!, c)
    return sum / 4
  })
}

const furthest = (found: Float32Array, expected: readonly number[]): number =>
  Math.max(...expected.map((value, place) => Math.abs(value - found[place]!)))

describe('an ONNX encoder', () => {
  it.each([['batch'], [1], [2]])('whose batch is %s reads its side and layout from the file, and averages its map', async (batch) => {
    const tensorsBefore = tf.memory().numTensors
    const path = write(`patches-${batch}.onnx`, patchMapOnnx(5, weights, batch))
    const found = await encode(path, { onnxNormalization: 'minus-one-to-one' })
    expect(found).toMatchObject({ featureCount: 5, sidePx: 8 })
    expect(
      furthest(
        found.features,
        slowPatches((byte) => byte / 127.5 - 1),
      ),
    ).toBeLessThan(1e-4)
    expect(tf.memory().numTensors).toBe(tensorsBefore)
  })

  it.each([
    ['imagenet', (byte: number, channel: number) => (byte / 255 - [0.485, 0.456, 0.406][channel]!) / [0.229, 0.224, 0.225][channel]!],
    ['zero-to-one', (byte: number) => byte / 255],
    ['bytes', (byte: number) => byte],
  ] as const)('gets pixels as %s', async (onnxNormalization, normalize) => {
    const { features } = await encode(write('patches.onnx', patchMapOnnx(5, weights)), { onnxNormalization })
    const expected = slowPatches(normalize)
    expect(furthest(features, expected) / Math.max(...expected.map(Math.abs))).toBeLessThan(1e-5)
  })

  it('that gives a sequence is taken by its first token, or by their mean, at the side it is told', async () => {
    const path = write('rows.onnx', rowTokensOnnx())
    const told = { onnxSidePx: 8, onnxNormalization: 'bytes' } as const
    const first = await encode(path, told)
    expect(first).toMatchObject({ featureCount: 24, sidePx: 8 })
    expect([...first.features.subarray(0, 24)].map(Math.round)).toEqual([...bytes.subarray(0, 24)])
    const mean = await encode(path, { ...told, onnxTokens: 'mean' })
    const expected = Array.from(
      { length: 24 },
      (_, column) => [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, row) => sum + bytes[row * 24 + column]!, 0) / 8,
    )
    expect(furthest(mean.features.subarray(0, 24), expected)).toBeLessThan(1e-3)
    await expect(encode(path, {})).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('size') })
  })

  it('refuses what is no encoder of images, and leaves the reason', async () => {
    await expect(openOnnx(join(folder, 'nowhere.onnx'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(openOnnx(write('text.onnx', textOnnx()))).rejects.toMatchObject({ code: 'BAD_INPUT' })
    const newer = openOnnx(write('newer.onnx', patchMapOnnx(5, weights, 'batch', 99)))
    await expect(newer).rejects.toMatchObject({ code: 'BAD_INPUT', advice: expect.stringContaining('opset') })
    await expect(openOnnx(write('noise.onnx', Uint8Array.of(255, 1, 2, 3)))).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await expect(encode(write('patches.onnx', patchMapOnnx(5, weights)), { onnxSidePx: 16 })).rejects.toMatchObject({ code: 'BAD_INPUT' })
    await expect(encode(write('patches.onnx', patchMapOnnx(5, weights)), { onnxLayout: 'nhwc' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    })
  })
})

describe('readOnnxFile', () => {
  it('tells inputs and outputs with their dimensions, open ones as null, and passes weights by', () => {
    expect(readOnnxFile(patchMapOnnx(5, weights))).toEqual({
      inputs: [{ name: 'pixels', elementType: 1, dims: [null, 3, 8, 8] }],
      outputs: [{ name: 'map', elementType: 1, dims: [null, 5, 2, 2] }],
    })
    expect(readOnnxFile(textOnnx()).inputs).toEqual([{ name: 'ids', elementType: 7, dims: [null, 77] }])
  })

  it('refuses a file that was cut off', () => {
    const whole = patchMapOnnx(5, weights)
    for (const length of [1, 20, whole.length - 100])
      expect(() => readOnnxFile(whole.subarray(0, length))).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }))
  })
})
