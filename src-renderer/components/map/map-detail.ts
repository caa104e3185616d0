/** A frame later than this is late; one sooner than that leaves room for more. */
const lateMs = 60
const soonMs = 24
/** Frames further apart than this do not belong to one movement. */
const movementMs = 600
const settleMs = 250
const mostSkipped = 16

/**
 * Which share of the points is drawn while the view moves: all where that is fast enough, else every second, fourth and so on; all
 * again as soon as it rests.
 */
export function createDetail(redraw: () => void): { everyNth(): number; stop(): void } {
  let every = 1
  let drawnAt = Number.NEGATIVE_INFINITY
  let timer: number | undefined
  let isSettling = false
  return {
    everyNth() {
      window.clearTimeout(timer)
      const now = performance.now()
      const sinceMs = now - drawnAt
      drawnAt = now
      if (isSettling) {
        isSettling = false
        drawnAt = Number.NEGATIVE_INFINITY
        return 1
      }
      if (sinceMs < movementMs && sinceMs > lateMs) every = Math.min(mostSkipped, every * 2)
      else if (sinceMs < soonMs) every = Math.max(1, every / 2)
      if (every > 1)
        timer = window.setTimeout(() => {
          isSettling = true
          redraw()
        }, settleMs)
      return every
    },
    stop: () => window.clearTimeout(timer),
  }
}
