import * as tf from '@tensorflow/tfjs'
import { type Feeds, formOf, valuesOf } from './feeds.ts'
import { type GraphSession, loadGraph } from './graph-session.ts'
import { type NodeBackend, nodeBackend } from './node-backend.ts'
import type { Precision } from './precision.ts'
import { type RecordedStep, recordStep, type Step } from './record-step.ts'

/** Runs a step; caller disposes the outputs. */
export type CompiledStep<Given extends Feeds, Outputs extends Readonly<Record<string, tf.Tensor>>> = (feeds: Given) => Outputs

/** Steps that share variables. */
export interface StepProgram {
  /**
   * The step as something that runs fast, with the same results.
   *
   * On TensorFlow it is recorded once for each form of its feeds and runs as a graph, whose variables are the graph's own until
   * `readVariables`; on other backends it runs operation by operation. So a step is a pure function of feeds and variables: shapes, texts
   * and all that JavaScript computes in it are fixed, and everything random is fed.
   */
  compile<Given extends Feeds, Outputs extends Readonly<Record<string, tf.Tensor>>>(
    step: Step<Given, Outputs>,
  ): CompiledStep<Given, Outputs>
  /** Gives the variables of the steps the values that the steps have left them with, before somebody else looks at them. */
  readVariables(): void
  /** Gives back what the graph holds, not the variables. */
  dispose(): void
}

/** @param precision In which steps compute on TensorFlow; elsewhere, and where it is left open, that is float32. */
export function createStepProgram(precision: Precision | 'auto' = 'float32'): StepProgram {
  const backend = process.env.SPICERACK_EAGER ? undefined : nodeBackend()
  return backend ? createGraphProgram(backend, precision === 'bfloat16' ? precision : 'float32') : eagerProgram
}

/** Operation by operation. */
const eagerProgram: StepProgram = {
  compile: (step) => (feeds) => tf.tidy(() => step(feeds)),
  readVariables: () => undefined,
  dispose: () => undefined,
}

function createGraphProgram(backend: NodeBackend, precision: Precision): StepProgram {
  const recorded: RecordedStep[] = []
  let session: GraphSession | undefined
  /** What each variable of the graph held in JavaScript when both were equal last. */
  let inStep = new Map<tf.Variable, object>()
  let isGraphAhead = false

  const readVariables = (): void => {
    if (!session || !isGraphAhead) return
    const unchanged = [...inStep].filter(([variable, held]) => variable.dataId === held).map(([variable]) => variable)
    session.read(unchanged)
    for (const variable of unchanged) inStep.set(variable, variable.dataId)
    isGraphAhead = false
  }

  const add = (step: Step<Feeds, Readonly<Record<string, tf.Tensor>>>, feeds: Feeds): RecordedStep => {
    readVariables()
    const result = recordStep(backend, { prefix: `step_${recorded.length}`, precision }, step, feeds)
    recorded.push(result)
    session?.dispose()
    session = loadGraph(backend, recorded)
    inStep = new Map(recorded.flatMap(({ variables }) => variables.map((variable) => [variable, {}])))
    return result
  }

  const writeChanged = (): void => {
    const changed = [...inStep].filter(([variable, held]) => variable.dataId !== held).map(([variable]) => variable)
    session?.write(changed)
    for (const variable of changed) inStep.set(variable, variable.dataId)
  }

  return {
    compile<Given extends Feeds, Outputs extends Readonly<Record<string, tf.Tensor>>>(step: Step<Given, Outputs>) {
      const forms = new Map<string, RecordedStep>()
      return (feeds: Given): Outputs => {
        const form = formOf(feeds)
        const { inputNames, outputNames } = forms.get(form) ?? add(step as unknown as Step<Feeds, Outputs>, feeds)
        if (!forms.has(form)) forms.set(form, recorded[recorded.length - 1])
        writeChanged()
        const results = session!.run(inputNames, valuesOf(feeds), Object.values(outputNames))
        isGraphAhead = true
        return Object.fromEntries(Object.keys(outputNames).map((key, place) => [key, results[place]])) as Outputs
      }
    },
    readVariables,
    dispose() {
      session?.dispose()
      session = undefined
    },
  }
}
