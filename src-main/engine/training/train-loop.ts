import * as tf from '@tensorflow/tfjs'
import { type Feeds, tensorsOf } from '#engine/graph/feeds.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts'
import { type RunHost, StageStopped } from './run-context.ts'
import type { StageState, StepLists, TrainingStage } from './stage.ts'

export type LoopOptions = Readonly<{
  /** Name of the stage; names its checkpoints. */
  name: string
  checkpointMinutes: number
}>

/** Steps over which throughput is averaged. */
const throughputWindow = 20

/**
 * Takes a stage from its last checkpoint to its last step. Stopping, also by force, and going on gives the same result as never
 * having stopped.
 *
 * @throws StageStopped when asked to stop, after a checkpoint; TRAINING_DIVERGED when the loss or a weight is no number any more, the
 * last checkpoint kept; CHECKPOINT_DAMAGED when neither the last checkpoint nor the one before can be read: the next time the stage starts
 * from its beginning.
 */
export async function train<Given extends Feeds>(stage: TrainingStage<Given>, options: LoopOptions, host: RunHost): Promise<void> {
  const checkpoints = checkpointFiles(options.name, host)
  const found = checkpoints.read()
  let step = 0
  if (found) {
    stage.restore(found)
    tf.dispose(found.tensors as Record<string, tf.Tensor>)
    step = found.step
    host.log(say('goesOn', { stage: options.name, step, total: stage.totalSteps }))
  }
  const save = async (isAfterStepDue = false): Promise<void> => checkpoints.write(await snapshot(stage, step, isAfterStepDue))
  /** What follows a step, such as scoring all images; where it is stopped, the step is kept, and this is done when the stage goes on. */
  const followStep = async (lists: StepLists): Promise<void> => {
    try {
      await stage.afterStep?.(step - 1, lists)
    } catch (error) {
      if (!(error instanceof StageStopped)) throw error
      await save(true)
      throw new StageStopped(step)
    }
  }
  // Lists are gone with the step; who can be stopped here takes none.
  if (found?.notes.isAfterStepDue) await followStep({})
  let savedAt = host.now()
  const finishTimes = [savedAt]
  while (step < stage.totalSteps) {
    if (host.shouldStop()) {
      await save()
      throw new StageStopped(step)
    }
    const feeds = await stage.feeds(step).catch(async (error: unknown) => {
      if (!(error instanceof StageStopped)) throw error
      await save()
      throw new StageStopped(step)
    })
    const { values, lists } = await takeStep(stage, feeds, step)
    step++
    await followStep(lists)
    const now = host.now()
    finishTimes.push(now)
    if (finishTimes.length > throughputWindow + 1) finishTimes.shift()
    const secondsPerStep = (now - finishTimes[0]) / 1000 / (finishTimes.length - 1)
    host.metrics(step, values)
    host.progress({
      step,
      totalSteps: stage.totalSteps,
      imagesPerSecond: secondsPerStep > 0 ? stage.imagesPerStep / secondsPerStep : 0,
      secondsLeft: secondsPerStep * (stage.totalSteps - step),
      note: '',
    })
    if (now - savedAt > options.checkpointMinutes * 60_000) {
      await save()
      savedAt = host.now()
    }
    await tf.nextFrame()
  }
  const state = copyState(stage)
  await refuseDiverged(state, step).finally(() => tf.dispose(state.tensors))
}

/** Takes away the checkpoints of a stage whose result is written. */
export function forgetCheckpoints(name: string, host: RunHost): void {
  for (const file of [newest(name), before(name), damaged(name)]) host.files.remove(file)
}

/** A copy of the present state, and of nothing that the stage made for it alone. Caller disposes its tensors. */
function copyState<Given extends Feeds>(stage: TrainingStage<Given>): { tensors: Record<string, tf.Tensor>; notes: StageState['notes'] } {
  let notes: StageState['notes'] = {}
  const tensors = tf.tidy(() => {
    const state = stage.state()
    notes = state.notes
    return Object.fromEntries(Object.entries(state.tensors).map(([name, tensor]) => [name, tf.clone(tensor)]))
  })
  return { tensors, notes }
}

/** The state as bytes. @throws TRAINING_DIVERGED when a value is no number. */
async function snapshot<Given extends Feeds>(stage: TrainingStage<Given>, step: number, isAfterStepDue: boolean): Promise<Uint8Array> {
  const state = copyState(stage)
  try {
    await refuseDiverged(state, step)
    return await encodeCheckpoint({ ...state, notes: { ...state.notes, isAfterStepDue } }, step)
  } finally {
    tf.dispose(state.tensors)
  }
}

async function refuseDiverged({ tensors }: StageState, step: number): Promise<void> {
  for (const [name, tensor] of Object.entries(tensors))
    if (!(await tensor.data()).every(Number.isFinite)) throw divergence(`"${name}" is no number any more`, step)
}

function divergence(what: string, step: number): SpicerackError {
  return new SpicerackError('TRAINING_DIVERGED', say('diverged', { step, detail: what }), {
    advice: say('smallerLearningRate'),
  })
}

/** One step; gives its loss and metrics, and what it gave besides scalars. @throws TRAINING_DIVERGED. */
async function takeStep<Given extends Feeds>(
  stage: TrainingStage<Given>,
  feeds: Given,
  step: number,
): Promise<{ values: Record<string, number>; lists: StepLists }> {
  const results = stage.takeStep(feeds)
  const values: Record<string, number> = { loss: Number.NaN }
  const lists: Record<string, ArrayLike<number>> = {}
  try {
    for (const [name, result] of Object.entries(results)) {
      const data = await result.data()
      if (result.rank === 0) values[name] = data[0]
      else lists[name] = data
    }
  } finally {
    tf.dispose([results, ...tensorsOf(feeds)])
  }
  if (!Number.isFinite(values.loss)) throw divergence(`the loss became ${values.loss}`, step + 1)
  values.learningRate = stage.learningRate(step)
  return { values, lists }
}

const newest = (name: string): string => `checkpoint-${name}.bin`
const before = (name: string): string => `checkpoint-${name}.previous.bin`
const damaged = (name: string): string => `checkpoint-${name}.damaged.bin`

/** The newest checkpoint, and the one before in case the newest cannot be read. */
function checkpointFiles(name: string, host: RunHost): { read(): Checkpoint | undefined; write(bytes: Uint8Array): void } {
  const { files } = host
  return {
    read() {
      const encoded = files.read(newest(name))
      if (!encoded) return undefined
      try {
        return decodeCheckpoint(encoded)
      } catch (error) {
        const older = readUndamaged(files.read(before(name)))
        if (!older) {
          // Set aside, so that resuming does not meet it again.
          files.write(damaged(name), encoded)
          files.remove(newest(name))
          files.remove(before(name))
          throw new SpicerackError('CHECKPOINT_DAMAGED', say('checkpointDamaged', { stage: name }), {
            advice: say('resumeFromBeginning'),
            cause: error,
          })
        }
        host.log(say('checkpointBefore', { stage: name }))
        files.write(newest(name), older.encoded)
        return older.checkpoint
      }
    },
    write(encoded) {
      const present = files.read(newest(name))
      if (present) files.write(before(name), present)
      files.write(newest(name), encoded)
    },
  }
}

function readUndamaged(encoded: Uint8Array | undefined): { encoded: Uint8Array; checkpoint: Checkpoint } | undefined {
  if (!encoded) return undefined
  try {
    return { encoded, checkpoint: decodeCheckpoint(encoded) }
  } catch {
    return undefined
  }
}
