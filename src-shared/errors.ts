import { type Message, type Said, say, textOf } from './said.ts'

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

/** What crosses a boundary (port, HTTP, database row) in place of an Error; `said`: the same for a page, where it has words for it. */
export type ErrorData = Readonly<{
  code: ErrorCode
  message: string
  advice?: string
  said?: Readonly<{ message?: Message; advice?: Message }>
}>

/**
 * An error with a stable code. `message` says what happened and what was kept; `advice` says what to do. Both are messages that a page words
 * in its language; only a bug, whose message no page shows, speaks English alone.
 */
export class SpicerackError extends Error {
  override readonly name = 'SpicerackError'
  readonly code: ErrorCode
  readonly advice: string | undefined
  readonly said: NonNullable<ErrorData['said']>

  constructor(code: 'INTERNAL', message: Said, options?: { advice?: Message; cause?: unknown })
  constructor(code: ErrorCode, message: Message, options?: { advice?: Message | undefined; cause?: unknown })
  constructor(code: ErrorCode, message: Said, options: { advice?: Said | undefined; cause?: unknown } = {}) {
    super(textOf(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.advice = options.advice === undefined ? undefined : textOf(options.advice)
    this.said = {
      ...(typeof message === 'string' ? {} : { message }),
      ...(options.advice === undefined || typeof options.advice === 'string' ? {} : { advice: options.advice }),
    }
  }

  /** One that no page shows but as it is: for a console, or from somewhere that had no messages. */
  static inEnglish(code: ErrorCode, message: Said, options: { advice?: Said; cause?: unknown } = {}): SpicerackError {
    return new SpicerackError(code, message as Message, options as { advice?: Message; cause?: unknown })
  }

  toData(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.advice === undefined ? {} : { advice: this.advice }),
      ...(Object.keys(this.said).length === 0 ? {} : { said: this.said }),
    }
  }
}

/** Any thrown value as data; Node's errno codes become ours, anything unknown becomes INTERNAL. */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof SpicerackError) return error.toData()
  const errno = (error as { code?: unknown } | null)?.code
  const message = error instanceof Error ? error.message : String(error)
  if (errno === 'ENOSPC' || errno === 'EDQUOT' || errno === 'SQLITE_FULL')
    return new SpicerackError('DISK_FULL', say('diskFull'), { advice: say('freeThenResume') }).toData()
  if (errno === 'EROFS' || errno === 'SQLITE_READONLY')
    return new SpicerackError('FOLDER_READ_ONLY', say('cannotWrite', { detail: message }), { advice: say('chooseWritable') }).toData()
  if (errno === 'EACCES' || errno === 'EPERM')
    return new SpicerackError('FOLDER_UNREADABLE', say('noPermission', { detail: message }), { advice: say('checkPermissions') }).toData()
  if (errno === 'ENOENT') return new SpicerackError('NOT_FOUND', say('pathGone', { detail: message })).toData()
  if (typeof errno === 'string' && errno in errorAudiences) return { code: errno as ErrorCode, message }
  return { code: 'INTERNAL', message }
}

/** The error that data describes; the inverse of {@link toErrorData}. */
export function fromErrorData({ code, message, advice, said }: ErrorData, cause?: unknown): SpicerackError {
  const given = said?.advice ?? advice
  return SpicerackError.inEnglish(code, said?.message ?? message, { cause, ...(given === undefined ? {} : { advice: given }) })
}
