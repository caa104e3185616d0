/** Wakes whoever waits for a subject. */
export interface Signal<Subject> {
  send(subject: Subject): void
  /** Resolves at the next `send` for this subject, at `close`, or when `abort` aborts. */
  next(subject: Subject, abort?: AbortSignal): Promise<void>
  readonly isClosed: boolean
  close(): void
}

export function createSignal<Subject>(): Signal<Subject> {
  const waiting = new Map<Subject, Set<() => void>>()
  let isClosed = false
  const wake = (subject: Subject): void => {
    for (const resolve of waiting.get(subject) ?? []) resolve()
    waiting.delete(subject)
  }
  return {
    send: wake,
    next: (subject, abort) =>
      new Promise((resolve) => {
        if (isClosed || abort?.aborted) return resolve()
        const ofSubject = waiting.get(subject) ?? new Set()
        const end = (): void => {
          abort?.removeEventListener('abort', end)
          ofSubject.delete(end)
          resolve()
        }
        waiting.set(subject, ofSubject.add(end))
        abort?.addEventListener('abort', end)
      }),
    get isClosed() {
      return isClosed
    },
    close() {
      isClosed = true
      for (const subject of [...waiting.keys()]) wake(subject)
    },
  }
}
