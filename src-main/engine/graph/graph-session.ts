import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { type FeedValue, toTensor } from './feeds.ts'
import type { NodeBackend } from './node-backend.ts'
import type { RecordedStep } from './record-step.ts'
import { dataTypes, encodeSavedModel, type GraphNode } from './saved-model.ts'
import { handleName } from './variables.ts'

/** A loaded graph with its variables. */
export interface GraphSession {
  /** Feeds the named nodes; gives what the others compute. Caller disposes. */
  run(inputNames: readonly string[], values: readonly FeedValue[], outputNames: readonly string[]): tf.Tensor[]
  /** Gives variables of the graph the values they have in JavaScript. */
  write(variables: readonly tf.Variable[]): void
  /** Gives variables in JavaScript the values they have in the graph. */
  read(variables: readonly tf.Variable[]): void
  dispose(): void
}

/** Loads steps that share their variables. The folder that TensorFlow wants them in is gone afterwards. */
export function loadGraph(backend: NodeBackend, steps: readonly RecordedStep[]): GraphSession {
  const variables = [...new Set(steps.flatMap((step) => step.variables))]
  const model = load(backend, [...variables.flatMap(nodesOfVariable), ...steps.flatMap(({ nodes }) => nodes)])
  const run: GraphSession['run'] = (inputNames, values, outputNames) => {
    const inputs = tf.tidy(() => values.map((value) => tf.keep(tf.clone(toTensor(value)))))
    try {
      const results = backend.binding.runSavedModel(model, backend.getInputTensorIds(inputs), inputNames.join(), outputNames.join())
      return results.map((result) => backend.createOutputTensor(result))
    } finally {
      tf.dispose(inputs)
    }
  }
  return {
    run,
    write(changed) {
      if (changed.length === 0) return
      const names = changed.map(handleName)
      tf.dispose(
        run(
          names.map((name) => `${name}/new`),
          changed,
          names.map((name) => `${name}/written`),
        ),
      )
    },
    read(wanted) {
      if (wanted.length === 0) return
      const values = run(
        [],
        [],
        wanted.map((variable) => `${handleName(variable)}/read`),
      )
      for (const [place, variable] of wanted.entries()) variable.assign(values[place])
      tf.dispose(values)
    },
    dispose: () => backend.binding.deleteSavedModel(model),
  }
}

function load(backend: NodeBackend, nodes: readonly GraphNode[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-graph-'))
  try {
    writeFileSync(join(folder, 'saved_model.pb'), encodeSavedModel(nodes))
    return backend.binding.loadSavedModel(folder, 'serve')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The variable itself, how it is read and how it is written. */
function nodesOfVariable(variable: tf.Variable): GraphNode[] {
  const name = handleName(variable)
  const type = { type: dataTypes[variable.dtype as 'float32'] }
  const { shape } = variable
  const done = { tensor: { type: dataTypes.float32, shape: [], content: new Uint8Array(4) } }
  return [
    { name, operation: 'VarHandleOp', inputs: [], attributes: { dtype: type, shape: { shape }, shared_name: { text: name } } },
    { name: `${name}/read`, operation: 'ReadVariableOp', inputs: [name], attributes: { dtype: type } },
    { name: `${name}/new`, operation: 'Placeholder', inputs: [], attributes: { dtype: type, shape: { shape } } },
    // A copy: what is fed is memory of JavaScript, which would be given back while the variable still holds it.
    { name: `${name}/copy`, operation: 'DeepCopy', inputs: [`${name}/new`], attributes: { T: type } },
    { name: `${name}/assign`, operation: 'AssignVariableOp', inputs: [name, `${name}/copy`], attributes: { dtype: type } },
    {
      name: `${name}/written`,
      operation: 'Const',
      inputs: [`^${name}/assign`],
      attributes: { dtype: { type: dataTypes.float32 }, value: done },
    },
  ]
}
