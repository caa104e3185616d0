/** Turns of a question that may be asked again before it is answered: only the answer to the last counts. */
export interface Turns {
  /** Begins a turn; what it gives says whether no other has begun since. */
  take(): () => boolean
}

export function createTurns(): Turns {
  let last = 0
  return {
    take() {
      last += 1
      const own = last
      return () => own === last
    },
  }
}
