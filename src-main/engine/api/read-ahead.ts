import type { ImageColumns } from '#engine/database/image-columns.ts'

/** A project that was just opened answers first. */
const restMs = 1000
/** Between two slices: time for questions. */
const breathMs = 2

/**
 * Reads what the first search will need, in slices between which questions are answered; again when it was forgotten. Gives back what
 * ends it.
 */
export function readAhead(columns: Pick<ImageColumns, 'readAhead'>, isBusy: () => boolean): () => void {
  let timer = setTimeout(next, restMs)
  function next(): void {
    const isMore = !isBusy() && columns.readAhead()
    timer = setTimeout(next, isMore ? breathMs : restMs)
    timer.unref()
  }
  timer.unref()
  return () => clearTimeout(timer)
}
