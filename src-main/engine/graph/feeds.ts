import * as tf from '@tensorflow/tfjs'

/** What a step computes with: an array of numbers, which the step is given as a tensor `[length]`, or a tensor. */
export type FeedValue = Float32Array | tf.Tensor

/** A tree of values, with texts in between that choose what the step does. No numbers, which a recorded step would hold fast. */
export type Feed = FeedValue | string | readonly Feed[] | Feeds
export type Feeds = { readonly [name: string]: Feed }

/** The values of a tree in a fixed order. */
export function valuesOf(feed: Feed): FeedValue[] {
  const values: FeedValue[] = []
  mapFeed(feed, (value) => {
    values.push(value)
    return value
  })
  return values
}

/** The tensors of a tree. */
export function tensorsOf(feed: Feed): tf.Tensor[] {
  return valuesOf(feed).filter((value) => value instanceof tf.Tensor)
}

/** The same tree with other values. */
export function mapFeed(feed: Feed, change: (value: FeedValue) => FeedValue): Feed {
  if (typeof feed === 'string') return feed
  if (isValue(feed)) return change(feed)
  if (Array.isArray(feed)) return (feed as readonly Feed[]).map((each) => mapFeed(each, change))
  return Object.fromEntries(Object.entries(feed as Feeds).map(([name, each]) => [name, mapFeed(each, change)]))
}

/** Equal for trees that the same recorded step can be run with: names, types, shapes and texts, but not values. */
export function formOf(feed: Feed): string {
  if (typeof feed === 'string') return JSON.stringify(feed)
  if (feed instanceof tf.Tensor) return `${feed.dtype}[${feed.shape}]`
  if (feed instanceof Float32Array) return `float32[${feed.length}]`
  return `{${Object.entries(feed)
    .map(([name, each]) => `${name}:${formOf(each)}`)
    .join()}}`
}

/** The value as a tensor: itself, or a new one. */
export function toTensor(value: FeedValue): tf.Tensor {
  return value instanceof tf.Tensor ? value : tf.tensor1d(value)
}

function isValue(feed: Feed): feed is FeedValue {
  return feed instanceof Float32Array || feed instanceof tf.Tensor
}
