import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { InferenceSession } from 'onnxruntime-node'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { onnxFloat32, readOnnxFile } from './onnx-file.ts'
import type { OnnxAnswer, OnnxRequest } from './onnx-messages.ts'

/**
 * Entry of the process that computes ONNX files: whatever such a file or its runtime does, it ends this process alone. It is beside the
 * training thread, because both TensorFlow and ONNX Runtime want to be loaded once in a process.
 */
let session: InferenceSession | undefined
let runtime: typeof import('onnxruntime-node') | undefined

async function answer(request: OnnxRequest): Promise<OnnxAnswer> {
  if (request.kind === 'open') {
    const content = readFileSync(request.path)
    const { inputs, outputs } = readOnnxFile(content)
    const [input] = inputs
    if (!input || inputs.length > 1 || input.dims.length !== 4 || input.elementType !== onnxFloat32)
      throw new SpicerackError('BAD_INPUT', say('onnxNoEncoder', { path: request.path }), {
        advice: say('onnxExportEncoder'),
      })
    runtime = await loadRuntime()
    session = await createSession(runtime, request.path)
    // A vector for each image is best, then a map, then a sequence.
    const byRank = [2, 4, 3].flatMap((rank) => outputs.filter(({ dims }) => dims.length === rank))
    const output = byRank[0] ?? outputs[0]
    return { kind: 'opened', sha256: createHash('sha256').update(content).digest('hex'), input, output: output?.name ?? '' }
  }
  if (!session || !runtime) throw new SpicerackError('INTERNAL', 'No ONNX file is open.')
  const { input, output, values, dims } = request
  const found = (await session.run({ [input]: new runtime.Tensor('float32', values, dims) }, [output]))[output]
  return { kind: 'computed', values: Float32Array.from(found.data), dims: [...found.dims] }
}

async function createSession({ InferenceSession }: typeof import('onnxruntime-node'), path: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(path)
  } catch (cause) {
    throw new SpicerackError('BAD_INPUT', say('onnxNotOpened', { path, detail: (cause as Error).message }), {
      advice: say('onnxOlderOpset'),
      cause,
    })
  }
}

async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node')
  } catch (cause) {
    throw new SpicerackError('BACKEND_UNAVAILABLE', say('onnxRuntimeMissing'), {
      advice: say('onnxInstallRuntime'),
      cause,
    })
  }
}

process.on('message', (request: OnnxRequest) => {
  answer(request)
    .catch((error: unknown): OnnxAnswer => ({ kind: 'failed', error: toErrorData(error) }))
    .then((message) => process.send?.(message))
})
process.on('disconnect', () => process.exit())
