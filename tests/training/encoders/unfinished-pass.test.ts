import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Encoder } from '#engine/training/encoders/encoder.ts'
import { computeViewFeatures, loadViewFeatures, partDimensionsOf } from '#engine/training/encoders/view-features.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { StageStopped } from '#engine/training/run-context.ts'
import { quick } from '#shared/recipes/quick.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { imagesOfKinds } from '../images-of-kinds.ts'
import { type MemoryFiles, memoryHost, smallRecipe } from '../run-in-memory.ts'

const [backend] = await availableBackends()
const side = 8
const count = 22
const batchSize = 4
const source = imagesInMemory(imagesOfKinds(2, count / 2, side, 1).pixels, side)
const settings = { ...smallRecipe(quick, count, 2, side).embed, batchSize, mirror: true }
const file = 'features-halves-plain.f32'

/** The means of the left and the right half; counts the images that it is given. */
function createHalves(): Encoder & { seen: number } {
  const encoder = {
    name: 'halves',
    featureCount: 6,
    sidePx: side,
    seen: 0,
    async encode(images: tf.Tensor4D) {
      encoder.seen += images.shape[0]
      return tf.tidy(
        () =>
          tf
            .concat(
              tf.split(images, 2, 2).map((half) => tf.mean(half, [1, 2])),
              1,
            )
            .dataSync() as Float32Array,
      )
    },
    dispose: () => undefined,
  } as Encoder & { seen: number }
  return encoder
}

async function computeAll(files: MemoryFiles, stopAt = Number.POSITIVE_INFINITY): Promise<number> {
  const encoder = createHalves()
  const host = memoryHost({ files, stop: (_, poll) => poll >= stopAt })
  await computeViewFeatures([encoder], source, settings, host).catch((error: unknown) => {
    if (!(error instanceof StageStopped)) throw error
  })
  return encoder.seen
}

describe('features of views', () => {
  beforeAll(() => useBackend(backend!))

  it('go on with the image at which they were stopped, also within a pass', async () => {
    const whole: MemoryFiles = new Map()
    expect(await computeAll(whole)).toBe(2 * count)
    const files: MemoryFiles = new Map()
    const seen: number[] = []
    // After three batches of the first view, then after none, then two batches into the second.
    for (const stopAt of [3, 0, 5, Number.POSITIVE_INFINITY]) seen.push(await computeAll(files, stopAt))
    expect(seen).toEqual([12, 0, 10 + 2 * batchSize, count - 2 * batchSize])
    expect(files).toEqual(whole)
  })

  it('take nothing from a batch that a kill cut off', async () => {
    const [whole, files]: MemoryFiles[] = [new Map(), new Map()]
    await computeAll(whole!)
    await computeAll(files!, 2)
    const partial = files!.get(`${file}.partial`)!
    expect(partial.length).toBe(2 * batchSize * 6 * 4)
    files!.set(`${file}.partial`, Uint8Array.from([...partial, ...partial.subarray(0, 7)]))
    expect(await computeAll(files!)).toBe(2 * count - 2 * batchSize)
    expect(files).toEqual(whole)
  })

  it('tell their dimensions by the size of a file, and NOT_FOUND before there is one', async () => {
    const files: MemoryFiles = new Map()
    const host = memoryHost({ files })
    expect(() => partDimensionsOf(['halves'], host.files, count)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    await computeAll(files)
    const unread = { ...host.files, read: () => expect.unreachable('read as a whole') }
    expect(partDimensionsOf(['halves'], unread, count)).toEqual([6])
    expect(loadViewFeatures(['halves'], settings, host.files, count).embeddings).toMatchObject({ count, dimension: 6 })
  })
})
