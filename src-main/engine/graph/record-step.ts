import * as tf from '@tensorflow/tfjs'
import { listenToMomentumUpdates, type MomentumUpdate } from '#engine/ml/momentum-update.ts'
import { type Feeds, mapFeed, toTensor, valuesOf } from './feeds.ts'
import type { NodeBackend } from './node-backend.ts'
import { createRecorder, type Recorder, type RecorderOptions, type Source } from './recorder.ts'
import { dataTypes, type GraphNode } from './saved-model.ts'
import { handleName, liveVariables } from './variables.ts'

/** A step: computes from what it is fed and from variables, may assign variables, gives named tensors. */
export type Step<Given extends Feeds, Outputs extends Readonly<Record<string, tf.Tensor>>> = (feeds: Given) => Outputs

/** A step as a graph. */
export type RecordedStep = Readonly<{
  nodes: readonly GraphNode[]
  /** Names of the nodes to feed, in the order of `valuesOf(feeds)`. */
  inputNames: readonly string[]
  /** Which node gives each of the step's outputs. */
  outputNames: Readonly<Record<string, string>>
  /** The variables that it reads or assigns. */
  variables: readonly tf.Variable[]
}>

/**
 * Runs a step once and writes down what it does. Variables are afterwards as they were.
 *
 * @throws Error when the step reads in JavaScript what it computed.
 */
export function recordStep<Given extends Feeds, Outputs extends Readonly<Record<string, tf.Tensor>>>(
  backend: NodeBackend,
  { prefix, precision }: Pick<RecorderOptions, 'prefix' | 'precision'>,
  step: Step<Given, Outputs>,
  feeds: Given,
): RecordedStep {
  const addon = backend.binding
  let endRecording = (): void => undefined
  let recorded!: RecordedStep
  const record = (): void => {
    const idOf = (tensor: tf.Tensor): number => backend.getInputTensorIds([tensor])[0]
    const fed = mapFeed(feeds, (value) => tf.clone(toTensor(value)))
    const live = liveVariables()
    const before = live.map((variable) => tf.clone(variable))
    const variableOf = new Map(live.map((variable) => [idOf(variable), variable]))
    if (variableOf.size < live.length)
      throw new Error('Two variables share one tensor, so a recorded step cannot tell them apart; give each its own.')
    const reads = new Map<tf.Variable, string>()
    const updated = new Map<tf.Variable, string>()
    const findVariable = (id: number, { add }: Recorder): Source | undefined => {
      const variable = variableOf.get(id)
      if (!variable) return undefined
      const type = dataTypes[variable.dtype as 'float32']
      reads.set(variable, add('ReadVariableOp', [handleName(variable)], { dtype: { type } }))
      return { reference: `${reads.get(variable)}:0`, type, operation: 'ReadVariableOp', isConstant: false }
    }
    const recorder = createRecorder(addon, { prefix, precision, findOutside: findVariable })
    endRecording = recorder.dispose
    const inputNames = (valuesOf(fed) as tf.Tensor[]).map((tensor) => {
      const type = dataTypes[tensor.dtype as 'float32' | 'int32' | 'bool']
      const name = recorder.add('Placeholder', [], { dtype: { type }, shape: { shape: tensor.shape } })
      recorder.declare(idOf(tensor), { reference: `${name}:0`, type, operation: 'Placeholder', isConstant: false })
      return name
    })
    // In one operation, in place; what the step computed of the new values itself is then needed by nobody.
    const applyMomentum = ({ variable, velocity, gradient, learningRate, momentum }: MomentumUpdate): void => {
      const both = [variable, velocity]
      const given = [learningRate, gradient, tf.scalar(momentum)].map((tensor) => recorder.sourceOf(idOf(tensor)).reference)
      const before = both.filter((each) => reads.has(each)).map((each) => `^${reads.get(each)}`)
      const inputs = [...both.map(handleName), ...given, ...before]
      const update = recorder.add('ResourceApplyMomentum', inputs, {
        T: { type: dataTypes.float32 },
      })
      for (const each of both) {
        const name = recorder.add('ReadVariableOp', [handleName(each), `^${update}`], { dtype: { type: dataTypes.float32 } })
        reads.set(each, name)
        updated.set(each, update)
        const source = { reference: `${name}:0`, type: dataTypes.float32, operation: 'ReadVariableOp', isConstant: false }
        recorder.declare(idOf(each), source)
      }
    }
    listenToMomentumUpdates(applyMomentum)
    backend.binding = recorder.binding
    try {
      const results = Object.entries(step(fed as Given)).map(([key, tensor]) => [key, recorder.sourceOf(idOf(tensor))] as const)
      recorder.checkReads()
      const assigned = live.filter((variable, place) => variable.dataId !== before[place].dataId)
      const updates = assigned.map((variable) => {
        const { reference, type } = recorder.sourceOf(idOf(variable))
        if (updated.has(variable) && reference === `${reads.get(variable)}:0`) return `^${updated.get(variable)}`
        const after = reads.has(variable) ? [`^${reads.get(variable)}`] : []
        return `^${recorder.add('AssignVariableOp', [handleName(variable), reference, ...after], { dtype: { type } })}`
      })
      const outputs = results.map(([key, { reference, type }]) => [key, recorder.add('Identity', [reference, ...updates], { T: { type } })])
      recorded = {
        nodes: recorder.nodes,
        inputNames,
        outputNames: Object.fromEntries(outputs) as Record<string, string>,
        variables: [...new Set([...reads.keys(), ...assigned])],
      }
    } finally {
      listenToMomentumUpdates(undefined)
      for (const [place, variable] of live.entries()) if (variable.dataId !== before[place].dataId) variable.assign(before[place])
    }
  }
  try {
    // What is recorded is not the result of the scope, which would walk through all bytes of it in search of tensors.
    tf.tidy(record)
  } finally {
    // Not before, since the scope gives its tensors back to the recorder.
    backend.binding = addon
    endRecording()
  }
  return recorded
}
