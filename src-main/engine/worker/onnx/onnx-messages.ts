import type { ErrorData } from '#shared/errors.ts'
import type { OnnxValue } from './onnx-file.ts'

/** What the training thread asks of the process that computes ONNX files; one request at a time. */
export type OnnxRequest =
  | Readonly<{ kind: 'open'; path: string }>
  | Readonly<{ kind: 'compute'; input: string; output: string; values: Float32Array; dims: readonly number[] }>

export type OnnxAnswer =
  | Readonly<{ kind: 'opened'; sha256: string; input: OnnxValue; output: string }>
  | Readonly<{ kind: 'computed'; values: Float32Array; dims: readonly number[] }>
  | Readonly<{ kind: 'failed'; error: ErrorData }>
