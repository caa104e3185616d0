import { SingleBar } from 'cli-progress'

/** How far work is, for a person. */
export type ProgressReport = Readonly<{
  task: string
  done: number
  total: number | null
  /** Images a second. */
  rate: number | null
  secondsLeft: number | null
  note: string
}>

/** One bar at a time on a terminal; on anything else a plain line every few seconds. */
export interface ProgressBars {
  update(progress: ProgressReport): void
  /** A line above the bar. */
  print(text: string): void
  stop(): void
}

const plainEveryMs = 5000

export function createProgressBars(stream: NodeJS.WriteStream): ProgressBars {
  let bar: SingleBar | undefined
  let task = ''
  let printedAt = 0
  const stop = (): void => {
    bar?.stop()
    bar = undefined
    task = ''
  }
  return {
    stop,
    print(text) {
      stop()
      stream.write(`${text}\n`)
    },
    update(progress) {
      const total = progress.total ?? Math.max(progress.done, 1)
      const detail = [
        progress.rate === null ? '' : `${Math.round(progress.rate)} images/s`,
        progress.secondsLeft === null ? '' : `${toDuration(progress.secondsLeft)} left`,
        progress.note,
      ]
        .filter((part) => part !== '')
        .join(' · ')
      if (!stream.isTTY) {
        if (task === progress.task && Date.now() - printedAt < plainEveryMs) return
        printedAt = Date.now()
        task = progress.task
        stream.write(`${progress.task.padEnd(22)} ${progress.done}/${total}  ${detail}\n`)
        return
      }
      if (!bar || task !== progress.task) {
        stop()
        task = progress.task
        bar = new SingleBar({
          format: '{task} {bar} {percentage} %  {detail}',
          barCompleteChar: '█',
          barIncompleteChar: '░',
          barsize: 24,
          hideCursor: true,
          stream,
        })
        bar.start(total, progress.done, { task: task.padEnd(22), detail })
      }
      bar.setTotal(total)
      bar.update(progress.done, { task: task.padEnd(22), detail })
    },
  }
}

/** Seconds as `45 s`, `3 min`, `2 h 5 min`. */
function toDuration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
