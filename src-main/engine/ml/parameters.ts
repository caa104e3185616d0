import * as tf from '@tensorflow/tfjs'
import { createRandom, deriveSeed } from './random.ts'

/**
 * What a parameter is for; decides who may change it. `weight` and `bias` are learned, `scale` and `offset` are the
 * learned part of batch norm (some recipes spare them from weight decay), `statistic` is a running mean or variance.
 */
export type ParameterKind = 'weight' | 'bias' | 'scale' | 'offset' | 'statistic'

/** One named variable of a network. Names are unique within the network and stable across versions of a checkpoint. */
export type Parameter = Readonly<{ name: string; kind: ParameterKind; variable: tf.Variable }>

/** How the first value of a weight is drawn; `fanIn` and `fanOut` count the connections of one unit. */
export type Initializer =
  | 'zeros'
  | 'ones'
  /** U(-b, b), b = 1/sqrt(fanIn): PyTorch's default of linear and convolution layers. */
  | 'uniform-fan-in'
  /** N(0, 2/fanOut): He et al. 2015 for ReLU, fan-out mode. */
  | 'normal-fan-out'

/** Makes and keeps the parameters of one network. */
export interface ParameterStore {
  readonly parameters: readonly Parameter[]
  create(name: string, kind: ParameterKind, shape: readonly number[], initializer: Initializer, fanIn?: number): tf.Variable
  dispose(): void
}

/**
 * A store whose first values depend on the seed and the parameter's name alone, not on the order of creation.
 */
export function createParameterStore(seed: number): ParameterStore {
  const parameters: Parameter[] = []
  return {
    parameters,
    create(name, kind, shape, initializer, fanIn = shape.slice(0, -1).reduce((product, extent) => product * extent, 1)) {
      if (parameters.some((parameter) => parameter.name === name)) throw new Error(`Parameter "${name}" exists already.`)
      const size = shape.reduce((product, extent) => product * extent, 1)
      const values = initialValues(initializer, size, fanIn, fanOutOf(shape), deriveSeed(seed, name))
      const initial = tf.tensor(values, [...shape], 'float32')
      const variable = tf.variable(initial, kind !== 'statistic')
      initial.dispose()
      parameters.push({ name, kind, variable })
      return variable
    },
    dispose() {
      for (const { variable } of parameters) variable.dispose()
      parameters.length = 0
    },
  }
}

/** The parameters that a gradient may change. */
export function learnedParameters(parameters: readonly Parameter[]): Parameter[] {
  return parameters.filter(({ kind }) => kind !== 'statistic')
}

/** Convolution filters are `[height, width, in, out]`: a unit feeds height * width * out connections. */
function fanOutOf(shape: readonly number[]): number {
  return shape.length === 4 ? shape[0]! * shape[1]! * shape[3]! : (shape.at(-1) ?? 1)
}

function initialValues(initializer: Initializer, size: number, fanIn: number, fanOut: number, seed: number): Float32Array {
  const values = new Float32Array(size)
  if (initializer === 'zeros') return values
  if (initializer === 'ones') return values.fill(1)
  const random = createRandom(seed)
  if (initializer === 'uniform-fan-in') {
    const bound = 1 / Math.sqrt(fanIn)
    for (let index = 0; index < size; index++) values[index] = (2 * random.uniform() - 1) * bound
    return values
  }
  const deviation = Math.sqrt(2 / fanOut)
  for (let index = 0; index < size; index++) values[index] = random.normal() * deviation
  return values
}
