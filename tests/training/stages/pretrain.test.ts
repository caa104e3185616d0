import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { tensorsOf } from '#engine/graph/feeds.ts'
import { normalizeImages } from '#engine/ml/augmentations/normalize.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import { createProjectionHead } from '#engine/ml/heads.ts'
import { createRandom } from '#engine/ml/random.ts'
import { imagesInMemory } from '#engine/training/image-source.ts'
import { restoreParameters } from '#engine/training/networks.ts'
import { createMocoStage, type MocoStage } from '#engine/training/stages/pretrain.ts'
import { standard } from '#shared/recipes/standard.ts'
import type { PretrainSettings } from '#shared/stages/pretrain.ts'
import { availableBackends, useBackend } from '../../backends.ts'
import { toRows } from '../../ml/slow-math.ts'
import { smallRecipe } from '../run-in-memory.ts'

const [backend] = await availableBackends()
const side = 16
const count = 32
const projectionSize = 16

/** Views that are the images themselves, normalised, so that queries show what the keys were made of. */
const settings: PretrainSettings = {
  ...smallRecipe(standard, count, 2, side, { pretrain: { batchSize: count } }).pretrain,
  cropScaleMin: 1,
  jitterProbability: 0,
  grayscaleProbability: 0,
  blurProbability: 0,
  flipProbability: 0,
}

function noise(): Uint8Array {
  const random = createRandom(3)
  return Uint8Array.from({ length: count * side * side * 3 }, () => random.integer(256))
}

type Seen = Readonly<{ queries: Float32Array; keys: number[][] }>

/** What a step on a new stage sees: its images, and its keys, which are the newest of the queue afterwards. */
async function seeStep(stage: MocoStage, step: number): Promise<Seen> {
  const feeds = await stage.feeds(step)
  const queries = tf.tidy(() => normalizeImages(feeds.images).dataSync()) as Float32Array
  tf.dispose([stage.takeStep(feeds), ...tensorsOf(feeds)])
  const queue = toRows(stage.state().tensors.queue!.dataSync(), projectionSize)
  return { queries, keys: queue.slice(-count) }
}

/** Places whose keys change when the image at `place` of the batch changes. */
async function companions(place: number, step: number, given: PretrainSettings, before: Seen): Promise<number[]> {
  const pixels = noise()
  const imageBytes = side * side * 3
  const first = before.queries.slice(place * imageBytes, place * imageBytes + 3)
  // The image whose first pixel, normalised, is the one at this place.
  const mean = [0.485, 0.456, 0.406]
  const deviation = [0.229, 0.224, 0.225]
  const image = Array.from({ length: count }, (_, index) => index).find((index) =>
    [0, 1, 2].every(
      (channel) => Math.abs((pixels[index * imageBytes + channel]! / 255 - mean[channel]!) / deviation[channel]! - first[channel]!) < 1e-4,
    ),
  )!
  for (let byte = 0; byte < imageBytes; byte++) pixels[image * imageBytes + byte] = 255 - pixels[image * imageBytes + byte]!
  const changed = createMocoStage(imagesInMemory(pixels, side), given, 1)
  const after = await seeStep(changed, step)
  changed.dispose()
  return before.keys.flatMap((key, index) =>
    key.some((value, column) => Math.abs(value - after.keys[index]![column]!) > 1e-5) ? [index] : [],
  )
}

/** The groups of a key batch, found from outside: a key changes exactly when an image of its group does. */
async function findGroups(step: number, given: PretrainSettings): Promise<{ groups: number[][]; seen: Seen }> {
  const stage = createMocoStage(imagesInMemory(noise(), side), given, 1)
  const seen = await seeStep(stage, step)
  stage.dispose()
  const groups: number[][] = []
  for (let place = 0; place < count; place++)
    if (!groups.some((group) => group.includes(place))) groups.push(await companions(place, step, given, seen))
  return { groups, seen }
}

describe('MoCo keys', () => {
  beforeAll(() => useBackend(backend!))

  it('are normalised in random groups of the shuffled batch, differently at each step, and come back in the order of the images', async () => {
    const given = { ...settings, keyGroups: 4 }
    const { groups, seen } = await findGroups(0, given)
    expect(groups.map((group) => group.length)).toEqual([8, 8, 8, 8])
    expect(groups.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, place) => place))
    // Not neighbours in the batch, whose order the query shares.
    for (const group of groups) expect(Math.max(...group) - Math.min(...group)).toBeGreaterThan(7)

    const twin = createBackbone({ name: settings.backbone, widthFactor: settings.widthFactor, seed: 5 })
    const twinHead = createProjectionHead(twin.featureCount, projectionSize, 5)
    const stage = createMocoStage(imagesInMemory(noise(), side), given, 1)
    restoreParameters([...twin.parameters, ...twinHead.parameters], stage.state().tensors, 'key.')
    const byHand: number[][] = []
    tf.tidy(() => {
      const queries = tf.tensor4d(seen.queries, [count, side, side, 3])
      for (const group of groups) {
        const images = tf.gather(queries, tf.tensor1d(group, 'int32'))
        const keys = toRows(twinHead.apply(twin.features(images, 'batch')).dataSync(), projectionSize)
        for (const [place, image] of group.entries()) byHand[image] = keys[place]!
      }
    })
    const differences = seen.keys.flatMap((key, image) => key.map((value, column) => Math.abs(value - byHand[image]![column]!)))
    // Sums over a group in another order, through 20 batch norms.
    expect(Math.max(...differences)).toBeLessThan(1e-4)
    for (const part of [twin, twinHead, stage]) part.dispose()

    const later = await findGroups(1, given)
    const name = (found: number[][]): string =>
      found
        .map((group) => group.join())
        .sort()
        .join(' ')
    expect(name(later.groups)).not.toBe(name(groups))
  })

  it('with one group are normalised by the whole batch, like the queries', async () => {
    const { groups } = await findGroups(0, { ...settings, keyGroups: 1 })
    expect(groups.map((group) => group.length)).toEqual([count])
  })

  it('never come from groups of fewer than eight images', async () => {
    const { groups } = await findGroups(0, { ...settings, keyGroups: 64 })
    expect(groups.map((group) => group.length)).toEqual([8, 8, 8, 8])
  })
})

describe('MoCo stage', () => {
  beforeAll(() => useBackend(backend!))

  it('passes no gradient to the key encoder, which follows the query encoder by its momentum alone', async () => {
    const stage = createMocoStage(imagesInMemory(noise(), side), { ...settings, keyMomentum: 0.75, learningRate: 0.1 }, 1)
    const { tensors } = stage.state()
    const name = 'projection.out.weight'
    const [query, key] = [tensors[name]!, tensors[`key.${name}`]!]
    const start = key.dataSync().slice()
    expect(query.dataSync()).toEqual(start)
    await seeStep(stage, 0)
    expect(key.dataSync()).toEqual(start)
    expect(query.dataSync()).not.toEqual(start)
    const learned = query.dataSync().slice()
    await seeStep(stage, 1)
    const followed = key.dataSync()
    for (let place = 0; place < start.length; place++) expect(followed[place]).toBeCloseTo(0.75 * start[place]! + 0.25 * learned[place]!, 6)
    stage.dispose()
  })

  it('is at log(1 + queue) for images that say nothing', async () => {
    const still = { ...settings, learningRate: 0 }
    const gray = createMocoStage(imagesInMemory(new Uint8Array(count * side * side * 3).fill(128), side), still, 1)
    let lastLoss = Number.NaN
    for (let step = 0; step < settings.queueSize / count + 2; step++) {
      const feeds = await gray.feeds(step)
      const { loss, accuracy } = gray.takeStep(feeds)
      lastLoss = loss.dataSync()[0]!
      tf.dispose([loss, accuracy!, ...tensorsOf(feeds)])
    }
    const { queue } = gray.state().tensors
    // All keys of a batch of equal images are equal; so are a queue of them.
    const rows = toRows(queue!.dataSync(), projectionSize)
    for (const row of rows) for (const [column, value] of row.entries()) expect(value).toBeCloseTo(rows[0]![column]!, 4)
    expect(lastLoss).toBeCloseTo(Math.log(1 + queue!.shape[0]!), 3)
    gray.dispose()
  })
})
