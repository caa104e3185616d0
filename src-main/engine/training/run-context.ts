import type { Message } from '#shared/said.ts'
import type { StageProgress, StageTask } from '#shared/worker-protocol.ts'
import type { ImageSource } from './image-source.ts'

/** The files of one run, by name. What is written is whole or not there at all. */
export interface RunFiles {
  read(name: string): Uint8Array | undefined
  /** The bytes from `start` to before `end`, or fewer where the file ends. */
  readPart(name: string, start: number, end: number): Uint8Array | undefined
  /** In bytes; undefined where there is no such file. */
  size(name: string): number | undefined
  write(name: string, bytes: Uint8Array): void
  /** Puts bytes at the end of a file, or begins it with them; a kill may leave only some of them. */
  append(name: string, bytes: Uint8Array): void
  remove(name: string): void
}

/** An open ONNX file that turns a batch of images into features. */
export interface OnnxModel {
  /** Hash of the file. */
  readonly sha256: string
  /** Of its input of four dimensions; null where the file leaves one open. */
  readonly inputDims: readonly (number | null)[]
  compute(values: Float32Array, dims: readonly number[]): Promise<Readonly<{ values: Float32Array; dims: readonly number[] }>>
  close(): void
}

/** Networks that were trained elsewhere. */
export interface ModelFiles {
  /** The packaged weights of this name, whole and unchanged. @throws NOT_FOUND where they are missing or differ. */
  packaged(name: string): Uint8Array
  /** A file of the user's. Caller closes. @throws BAD_INPUT, NOT_FOUND, BACKEND_UNAVAILABLE */
  onnx(path: string): Promise<OnnxModel>
}

/** How a stage talks to the world: clock, files, listeners. */
export interface RunHost {
  readonly files: RunFiles
  readonly models: ModelFiles
  /** Milliseconds of a clock that only goes forward. */
  now(): number
  /** Whether the processor computes with bfloat16; where that cannot be known, it may. */
  mayHaveBfloat16(): boolean
  /** Whether somebody asked to stop; looked at between steps. */
  shouldStop(): boolean
  progress(progress: Omit<StageProgress, 'stage'>): void
  metrics(step: number, values: Readonly<Record<string, number>>): void
  log(message: Message): void
}

/** What every stage is given. */
export type RunContext = Readonly<{ task: StageTask; source: ImageSource; host: RunHost }>

/** Thrown through a stage that was asked to stop; its checkpoint is written. */
export class StageStopped extends Error {
  readonly step: number
  constructor(step: number) {
    super(`Stopped at step ${step}.`)
    this.step = step
  }
}

/** Names of the files that stages leave for the stages after them. */
export const runFiles = {
  pretrained: 'pretrain.weights',
  embedding: 'embedding.f32',
  featureNorms: 'feature-norms.f32',
  graph: 'neighbours.graph',
  startClusters: 'start-clusters.i32',
  self: 'self.result',
  reliable: 'reliable.result',
  neighbours: 'neighbours.i32',
  semi: 'semi.weights',
  choices: 'choices.json',
  featureChoice: 'feature-choice.json',
  onnxHash: 'onnx.sha256',
  reasons: 'reasons.json',
} as const
