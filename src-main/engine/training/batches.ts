import { createRandom, deriveSeed } from '#engine/ml/random.ts'

/** Which images a step sees. */
export interface EpochSampler {
  readonly stepsPerEpoch: number
  /** `[batchSize]` images of the step: each epoch is its own shuffled order, cut into batches; the rest is left out. */
  indices(step: number): Int32Array
}

/** @param stream Name of this use of chance, so that two samplers of one run differ. */
export function createEpochSampler(count: number, batchSize: number, seed: number, stream: string): EpochSampler {
  const size = Math.min(batchSize, count)
  const stepsPerEpoch = Math.floor(count / size)
  let present: { epoch: number; order: Int32Array } = { epoch: -1, order: new Int32Array() }
  return {
    stepsPerEpoch,
    indices(step) {
      const epoch = Math.floor(step / stepsPerEpoch)
      if (present.epoch !== epoch) present = { epoch, order: createRandom(deriveSeed(seed, stream, epoch)).shuffled(count) }
      const place = step % stepsPerEpoch
      return present.order.slice(place * size, (place + 1) * size)
    },
  }
}

/** 0 to count - 1 in blocks of at most `size`. */
export function* blocks(count: number, size: number): Generator<Int32Array> {
  for (let start = 0; start < count; start += size)
    yield Int32Array.from({ length: Math.min(size, count - start) }, (_, offset) => start + offset)
}
