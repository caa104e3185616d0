import { fork } from 'node:child_process'
import type { OnnxModel } from '#engine/training/run-context.ts'
import { fromErrorData, SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { OnnxAnswer, OnnxRequest } from './onnx-messages.ts'

/**
 * Opens an ONNX file in a process of its own, which ends when the model is closed. A Float16 or quantised inside does not matter; what
 * goes in and comes out is float32.
 *
 * @throws BAD_INPUT when it is no encoder of images; NOT_FOUND when there is no such file; BACKEND_UNAVAILABLE without ONNX Runtime;
 * WORKER_DIED when its process ends.
 */
export async function openOnnx(path: string): Promise<OnnxModel> {
  const child = fork(new URL('./onnx-process.ts', import.meta.url), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderrTail = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    stderrTail = (stderrTail + chunk.toString()).slice(-2000)
  })
  const ask = (request: OnnxRequest): Promise<Exclude<OnnxAnswer, { kind: 'failed' }>> =>
    new Promise((resolve, reject) => {
      const onExit = (): void => {
        const message = say('onnxDied', { path, detail: stderrTail.trim() })
        reject(new SpicerackError('WORKER_DIED', message, { advice: say('otherEncoder') }))
      }
      child.once('exit', onExit)
      child.once('message', (answer: OnnxAnswer) => {
        child.off('exit', onExit)
        if (answer.kind === 'failed') reject(fromErrorData(answer.error))
        else resolve(answer)
      })
      child.send(request, (error) => error && onExit())
    })
  try {
    const opened = await ask({ kind: 'open', path })
    if (opened.kind !== 'opened') throw new Error(`Unexpected answer: ${opened.kind}.`)
    return {
      sha256: opened.sha256,
      inputDims: opened.input.dims,
      async compute(values, dims) {
        const computed = await ask({ kind: 'compute', input: opened.input.name, output: opened.output, values, dims })
        if (computed.kind !== 'computed') throw new Error(`Unexpected answer: ${computed.kind}.`)
        return computed
      },
      close: () => child.disconnect(),
    }
  } catch (error) {
    child.kill()
    throw error
  }
}
