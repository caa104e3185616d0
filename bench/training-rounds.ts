import * as tf from '@tensorflow/tfjs'
import type { Feeds } from '#engine/graph/feeds.ts'
import { StageStopped } from '#engine/training/run-context.ts'
import type { TrainingStage } from '#engine/training/stage.ts'
import { train } from '#engine/training/train-loop.ts'
import { memoryHost } from './memory-host.ts'
import { countOperations } from './operation-profile.ts'
import { serveRounds } from './rounds.ts'

/** One round: the same number of steps, after some that are not measured. */
export type TrainingRound = Readonly<{ imagesPerSecond: number; loss: number }>

export type RoundSteps = Readonly<{ warmup: number; measured: number }>

/** A stage in the product's own loop, stopped after a round and gone on with in the next. */
export function trainingRounds<Given extends Feeds>(
  stage: TrainingStage<Given>,
  { warmup, measured }: RoundSteps,
): () => Promise<TrainingRound> {
  let taken = 0
  let startedAt = 0
  let endedAt = 0
  let loss = 0
  const host = memoryHost({
    shouldStop: () => taken === warmup + measured,
    metrics(_, values) {
      taken++
      endedAt = performance.now()
      if (taken === warmup) startedAt = endedAt
      loss = values.loss!
    },
  })
  return async () => {
    taken = 0
    await train(stage, { name: 'measured', checkpointMinutes: 1000 }, host).catch((error: unknown) => {
      if (!(error instanceof StageStopped)) throw error
    })
    return { imagesPerSecond: (stage.imagesPerStep * measured) / ((endedAt - startedAt) / 1000), loss }
  }
}

/** Our side of a comparison: rounds of a stage on request, or where `--profile` is given the time of each operation. */
export async function serveTraining<Given extends Feeds>(stage: TrainingStage<Given>, steps: RoundSteps): Promise<void> {
  const round = trainingRounds(stage, steps)
  if (!process.argv.includes('--profile')) return serveRounds(round)
  await round()
  const profile = countOperations()
  await round()
  console.table(profile.stop(steps.warmup + steps.measured))
  const { imagesPerSecond } = await round()
  console.log(`${((1000 * stage.imagesPerStep) / imagesPerSecond).toFixed(1)} ms a step unprofiled, ${tf.memory().numTensors} tensors`)
}
