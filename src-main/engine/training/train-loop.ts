import * as tf from '@tensorflow/tfjs'
import { SpicerackError } from '#shared/errors.ts'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts'
import { type RunHost, StageStopped } from './run-context.ts'
import type { StageState, TrainingStage } from './stage.ts'

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
 * last checkpoint kept; CHECKPOINT_DAMAGED when neither the last checkpoint nor the one before can be read.
 */
export async function train<Batch extends tf.TensorContainer>(
  stage: TrainingStage<Batch>,
  options: LoopOptions,
  host: RunHost,
): Promise<void> {
  const checkpoints = checkpointFiles(options.name, host)
  const found = checkpoints.read()
  let step = 0
  if (found) {
    stage.restore(found)
    tf.dispose(found.tensors as Record<string, tf.Tensor>)
    step = found.step
    host.log(`${options.name}: goes on from step ${step} of ${stage.totalSteps}`)
  }
  const save = (): void => checkpoints.write(snapshot(stage, step))
  let savedAt = host.now()
  const finishTimes = [savedAt]
  while (step < stage.totalSteps) {
    if (host.shouldStop()) {
      save()
      throw new StageStopped(step)
    }
    const batch = await stage.batch(step).catch((error: unknown) => {
      if (!(error instanceof StageStopped)) throw error
      save()
      throw new StageStopped(step)
    })
    const values = await takeStep(stage, batch, step)
    step++
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
      save()
      savedAt = host.now()
    }
    await tf.nextFrame()
  }
  tf.tidy(() => refuseDiverged(stage.state(), step))
}

/** Takes away the checkpoints of a stage whose result is written. */
export function forgetCheckpoints(name: string, host: RunHost): void {
  host.files.remove(newest(name))
  host.files.remove(before(name))
}

/** The state as bytes; what the stage makes for it alone is disposed. @throws TRAINING_DIVERGED when a value is no number. */
function snapshot<Batch extends tf.TensorContainer>(stage: TrainingStage<Batch>, step: number): Uint8Array {
  let encoded: Uint8Array = new Uint8Array()
  tf.tidy(() => {
    const state = stage.state()
    refuseDiverged(state, step)
    encoded = encodeCheckpoint(state, step)
  })
  return encoded
}

function refuseDiverged({ tensors }: StageState, step: number): void {
  for (const [name, tensor] of Object.entries(tensors))
    if (!tensor.dataSync().every(Number.isFinite)) throw divergence(`"${name}" is no number any more`, step)
}

function divergence(what: string, step: number): SpicerackError {
  return new SpicerackError('TRAINING_DIVERGED', `Training diverged at step ${step}: ${what}; the last checkpoint is kept.`, {
    advice: 'Start a run with a smaller learning rate.',
  })
}

async function takeStep<Batch extends tf.TensorContainer>(
  stage: TrainingStage<Batch>,
  batch: Batch,
  step: number,
): Promise<Record<string, number>> {
  try {
    const values: Record<string, number> = {}
    tf.tidy(() => {
      let metrics: Readonly<Record<string, tf.Scalar>> = {}
      const { value, grads } = tf.variableGrads(() => {
        const loss = stage.loss(batch)
        metrics = loss.metrics
        for (const metric of Object.values(metrics)) tf.keep(metric)
        return loss.total
      }, [...stage.trainable])
      values.loss = value.dataSync()[0]
      for (const [name, metric] of Object.entries(metrics)) {
        values[name] = metric.dataSync()[0]
        metric.dispose()
      }
      if (!Number.isFinite(values.loss)) throw divergence(`the loss became ${values.loss}`, step + 1)
      values.learningRate = stage.learningRate(step)
      stage.update(
        stage.trainable.map((variable) => grads[variable.name]),
        step,
      )
    })
    await stage.afterStep?.(batch, step)
    return values
  } finally {
    tf.dispose(batch)
  }
}

const newest = (name: string): string => `checkpoint-${name}.bin`
const before = (name: string): string => `checkpoint-${name}.previous.bin`

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
        const older = files.read(before(name))
        if (!older) throw error
        const found = decodeCheckpoint(older)
        host.log(`${name}: the newest checkpoint is damaged, the one before it is used`)
        files.write(newest(name), older)
        return found
      }
    },
    write(encoded) {
      const present = files.read(newest(name))
      if (present) files.write(before(name), present)
      files.write(newest(name), encoded)
    },
  }
}
