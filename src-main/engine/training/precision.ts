import * as tf from '@tensorflow/tfjs'
import { nodeBackend } from '#engine/graph/node-backend.ts'
import type { Precision } from '#engine/graph/precision.ts'
import { createStepProgram } from '#engine/graph/step-program.ts'
import { createBackbone } from '#engine/ml/backbones/create-backbone.ts'
import type { DrawnValues } from '#engine/ml/drawn-values.ts'
import { createSgd, minimize } from '#engine/ml/optimizers.ts'
import { createRandom } from '#engine/ml/random.ts'
import { say } from '#shared/said.ts'
import { noteChoice } from './run-choices.ts'
import type { RunHost } from './run-context.ts'

/** From this gain on bfloat16 is worth its rounding. */
const smallestGain = 1.05
/** Greatest difference of a loss of the self-test, as a share of the loss in float32. */
const greatestDifference = 0.02
const stepCount = 4
const rounds = 5

type Trial = Readonly<{ losses: readonly number[]; milliseconds: number }>

/**
 * The precision in which a run learns: as its recipe says, or, where that says `auto`, bfloat16 where the processor has it and a self-test
 * finds it faster with nearly the same losses.
 */
export async function choosePrecision(
  wanted: 'auto' | Precision,
  host: Pick<RunHost, 'files' | 'log' | 'now' | 'mayHaveBfloat16'>,
): Promise<Precision> {
  if (wanted !== 'auto') return wanted
  return host.mayHaveBfloat16() && nodeBackend() ? decide(host) : 'float32'
}

async function decide(host: Pick<RunHost, 'files' | 'log' | 'now'>): Promise<Precision> {
  const [exact, narrow] = [startTrial('float32', host.now), startTrial('bfloat16', host.now)]
  try {
    const [exactRounds, narrowRounds]: [Trial[], Trial[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      exactRounds.push(exact.run())
      narrowRounds.push(narrow.run())
      await tf.nextFrame()
    }
    const fastest = (trials: readonly Trial[]): number => Math.min(...trials.slice(1).map(({ milliseconds }) => milliseconds))
    const gain = fastest(exactRounds) / fastest(narrowRounds)
    const difference = largestDifference(exactRounds[0]!.losses, narrowRounds[0]!.losses)
    const isWorthIt = gain >= smallestGain && difference <= greatestDifference
    const precision = isWorthIt ? 'bfloat16' : 'float32'
    noteChoice(host.files, { kind: 'precision', precision, gain })
    host.log(say('precision', { precision, gain: gain.toFixed(2), percent: (100 * difference).toFixed(2) }))
    return precision
  } finally {
    exact.dispose()
    narrow.dispose()
  }
}

export function largestDifference(exact: readonly number[], narrow: readonly number[]): number {
  return Math.max(...exact.map((loss, step) => Math.abs(narrow[step]! - loss) / Math.abs(loss)))
}

/** A small network that learns noise, the same in either precision. */
function startTrial(precision: Precision, now: () => number): Readonly<{ run(): Trial; dispose(): void }> {
  const backbone = createBackbone({ name: 'resnet18-cifar', widthFactor: 0.5, seed: 1 })
  const optimizer = createSgd(backbone.parameters, { momentum: 0.9, nesterov: false, weightDecay: 0.0005, decays: () => true })
  const random = createRandom(1)
  const images = tf.tensor4d(
    Float32Array.from({ length: 32 * 16 * 16 * 3 }, () => random.uniform()),
    [32, 16, 16, 3],
  )
  const program = createStepProgram(precision)
  const takeStep = program.compile(({ images, rates }: { images: tf.Tensor4D; rates: DrawnValues }) =>
    minimize(optimizer, rates, () => ({
      loss: tf.mean(tf.square(tf.sub(backbone.features(images, 'batch'), 1))) as tf.Scalar,
    })),
  )
  return {
    run() {
      const startedAt = now()
      const losses = Array.from({ length: stepCount }, (_, step) => {
        const results = takeStep({ images, rates: optimizer.rates(0.01, step) })
        const [loss] = results.loss.dataSync()
        tf.dispose(results)
        return loss!
      })
      return { losses, milliseconds: now() - startedAt }
    },
    dispose() {
      program.dispose()
      optimizer.dispose()
      backbone.dispose()
      images.dispose()
    },
  }
}
