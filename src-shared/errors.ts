/** Whom an error speaks to: the user can act on it, the environment may recover, or it is our bug. */
export type ErrorAudience = 'user' | 'environment' | 'bug'

/** Every error code of the project, with its audience. Codes are stable: scripts may match on them. */
export const errorAudiences = {
  BAD_INPUT: 'user',
  NOT_FOUND: 'user',
  CONFLICT: 'user',
  PROJECT_NOT_OPEN: 'user',
  PROJECT_EXISTS: 'user',
  PROJECT_LOCKED: 'user',
  PROJECT_NEWER: 'user',
  PROJECT_DAMAGED: 'user',
  FOLDER_UNREADABLE: 'user',
  FOLDER_READ_ONLY: 'user',
  NO_IMAGES: 'user',
  TOO_FEW_IMAGES: 'user',
  IMAGES_IDENTICAL: 'user',
  BAD_CLUSTER_COUNT: 'user',
  RELIABLE_EMPTY: 'user',
  TRAINING_DIVERGED: 'user',
  NOTHING_TO_UNDO: 'user',
  NOTHING_TO_EXPORT: 'user',
  PURITY_UNPROVEN: 'user',
  OUTPUT_EXISTS: 'user',
  CHECKPOINT_DAMAGED: 'user',
  CANCELLED: 'user',
  UNAUTHORIZED: 'user',
  FORBIDDEN: 'user',
  BACKEND_UNAVAILABLE: 'environment',
  DISK_FULL: 'environment',
  OUT_OF_MEMORY: 'environment',
  WORKER_DIED: 'environment',
  NETWORK: 'environment',
  INTERNAL: 'bug',
} as const satisfies Record<string, ErrorAudience>

export type ErrorCode = keyof typeof errorAudiences

/** What crosses a boundary (port, HTTP, database row) in place of an Error. */
export type ErrorData = Readonly<{ code: ErrorCode; message: string; advice?: string }>

/**
 * An error with a stable code. `message` says what happened and what was kept; `advice` says what to do.
 */
export class SpicerackError extends Error {
  override readonly name = 'SpicerackError'
  readonly code: ErrorCode
  readonly advice: string | undefined

  constructor(code: ErrorCode, message: string, options: { advice?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.advice = options.advice
  }

  toData(): ErrorData {
    return this.advice === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, advice: this.advice }
  }
}

/** Any thrown value as data; Node's errno codes become ours, anything unknown becomes INTERNAL. */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof SpicerackError) return error.toData()
  const errno = (error as { code?: unknown } | null)?.code
  const message = error instanceof Error ? error.message : String(error)
  if (errno === 'ENOSPC' || errno === 'EDQUOT' || errno === 'SQLITE_FULL')
    return { code: 'DISK_FULL', message: 'The disk is full; what was saved before is kept.', advice: 'Free some space, then resume.' }
  if (errno === 'EROFS' || errno === 'SQLITE_READONLY')
    return { code: 'FOLDER_READ_ONLY', message: `Cannot write: ${message}`, advice: 'Choose a folder you can write to.' }
  if (errno === 'EACCES' || errno === 'EPERM')
    return { code: 'FOLDER_UNREADABLE', message: `No permission: ${message}`, advice: 'Check the permissions of this path.' }
  if (errno === 'ENOENT') return { code: 'NOT_FOUND', message }
  if (typeof errno === 'string' && errno in errorAudiences) return { code: errno as ErrorCode, message }
  return { code: 'INTERNAL', message }
}

/** The error that data describes; the inverse of {@link toErrorData}. */
export function fromErrorData(data: ErrorData): SpicerackError {
  return new SpicerackError(data.code, data.message, data.advice === undefined ? {} : { advice: data.advice })
}
