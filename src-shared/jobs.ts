import type { ErrorData } from './errors.ts'

/**
 * The life of a job. The database row is the truth.
 *
 *     queued -> starting -> running -> completed        paused, interrupted, failed -> queued (resume)
 *                  │           ├──-> cancelling -> paused (a checkpoint exists) | cancelled
 *                  └───────────┴──-> failed { code, message } | interrupted (the engine ended)
 */
export type JobState =
  | Readonly<{ kind: 'queued' }>
  | Readonly<{ kind: 'starting' }>
  | Readonly<{ kind: 'running' }>
  | Readonly<{ kind: 'cancelling'; keep: boolean }>
  | Readonly<{ kind: 'paused' }>
  | Readonly<{ kind: 'interrupted' }>
  | Readonly<{ kind: 'completed' }>
  | Readonly<{ kind: 'cancelled' }>
  | Readonly<{ kind: 'failed'; error: ErrorData }>

export type JobStateKind = JobState['kind']

/** Which state may follow which. */
const jobTransitions = {
  queued: ['starting', 'cancelled', 'interrupted', 'failed'],
  starting: ['running', 'cancelling', 'failed', 'interrupted'],
  running: ['completed', 'cancelling', 'failed', 'interrupted'],
  // Who cancels while a pause is under way means it.
  cancelling: ['cancelling', 'paused', 'cancelled', 'completed', 'failed', 'interrupted'],
  paused: ['queued', 'cancelled'],
  interrupted: ['queued', 'cancelled'],
  failed: ['queued', 'cancelled'],
  completed: [],
  cancelled: [],
} as const satisfies Record<JobStateKind, readonly JobStateKind[]>

export function canTransition(from: JobStateKind, to: JobStateKind): boolean {
  return (jobTransitions[from] as readonly JobStateKind[]).includes(to)
}

/** Nothing will happen to a job in this state unless somebody resumes it. */
export function isAtRest(kind: JobStateKind): boolean {
  return kind !== 'queued' && kind !== 'starting' && kind !== 'running' && kind !== 'cancelling'
}

export const jobKinds = ['import', 'run', 'export'] as const
export type JobKind = (typeof jobKinds)[number]

/** What an import does, in order: list the files, compare with what is known, decode, group duplicates. */
export const importPhases = ['list', 'compare', 'decode', 'group'] as const

export const stageNames = ['pretrain', 'embed', 'self', 'reliable', 'semi'] as const
export type StageName = (typeof stageNames)[number]
