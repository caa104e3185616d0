import type { ErrorData } from './errors.ts'

/** What the process that lays a run out is given. */
export type LayoutTask = Readonly<{
  /** `[count, dimension]` float32, row-major. */
  embeddingPath: string
  count: number
  seed: number
  /** Where `[count, 2]` float32 is written, whole or not at all. */
  layoutPath: string
}>

/** What that process says. */
export type LayoutMessage =
  | Readonly<{ kind: 'progress'; doneRatio: number }>
  | Readonly<{ kind: 'done' }>
  | Readonly<{ kind: 'failed'; error: ErrorData }>
