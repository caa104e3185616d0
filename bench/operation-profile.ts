import * as tf from '@tensorflow/tfjs'

type Executor = Record<'executeOp' | 'createTensor' | 'tensorDataSync', (...args: unknown[]) => unknown>

type Line = Readonly<{ operation: string; calls: number; milliseconds: number }>

/**
 * Measures what TensorFlow does, by operation, until stopped: the binding's own functions are wrapped. Operations run when they are
 * called, so the time of a call is the time of the operation.
 */
export function countOperations(): { stop(steps: number): Line[] } {
  const backend = tf.backend() as unknown as { binding: Executor }
  const { binding } = backend
  const totals = new Map<string, { calls: number; milliseconds: number }>()
  const startedAt = performance.now()
  const timed = <Result>(operation: string, call: () => Result): Result => {
    const before = performance.now()
    try {
      return call()
    } finally {
      const total = totals.get(operation) ?? { calls: 0, milliseconds: 0 }
      total.calls++
      total.milliseconds += performance.now() - before
      totals.set(operation, total)
    }
  }
  // The binding's own properties are read-only, so it is put behind an object that has them first.
  const wrap = (name: keyof Executor) => ({
    value: (...args: unknown[]) => timed(name === 'executeOp' ? String(args[0]) : name, () => binding[name](...args)),
  })
  backend.binding = Object.create(binding, {
    executeOp: wrap('executeOp'),
    createTensor: wrap('createTensor'),
    tensorDataSync: wrap('tensorDataSync'),
  })
  return {
    stop(steps) {
      backend.binding = binding
      const all = performance.now() - startedAt
      const lines = [...totals].map(([operation, total]) => ({ operation, ...total })).sort((a, b) => b.milliseconds - a.milliseconds)
      const native = lines.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
      const everything = [{ operation: 'JavaScript between them', calls: 0, milliseconds: all - native }, ...lines]
      return everything.map(({ operation, calls, milliseconds }) => ({
        operation,
        calls: Math.round(calls / steps),
        milliseconds: Math.round((milliseconds / steps) * 100) / 100,
      }))
    },
  }
}
