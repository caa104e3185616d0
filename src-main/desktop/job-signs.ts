import { Notification, powerSaveBlocker } from 'electron'
import type { Job, JobId } from '#shared/entities.ts'
import { doneRatioOf } from './done-ratio.ts'
import type { EngineView } from './job-watch.ts'
import type { MainWindow } from './main-window.ts'
import type { Words } from './words.ts'

/** Nobody needs to be told that something has ended that took no longer. What has failed is told in any case. */
const longMs = 5000
/** As the task bar writes it. */
const none = -1
const unknown = 2

/** How the system sees work: progress in the task bar, no sleep while a training runs, a notification at the end. */
export interface JobSigns {
  show(view: EngineView): void
  tellEnd(job: Job, words: Words): void
}

export function createJobSigns({ window, show }: Pick<MainWindow, 'window' | 'show'>): JobSigns {
  let blocker: number | undefined
  /** A bar goes back for another job alone, however often a stage begins to count anew. */
  let farthest: { jobId: JobId; ratio: number } | undefined
  const barOf = (job: Job): number => {
    const ratio = doneRatioOf(job)
    if (ratio === undefined && farthest?.jobId !== job.id) return unknown
    farthest = { jobId: job.id, ratio: Math.max(ratio ?? 0, farthest?.jobId === job.id ? farthest.ratio : 0) }
    return farthest.ratio
  }
  return {
    show({ job }) {
      const isTraining = job?.kind === 'run'
      if (isTraining && blocker === undefined) blocker = powerSaveBlocker.start('prevent-app-suspension')
      if (!isTraining && blocker !== undefined) {
        powerSaveBlocker.stop(blocker)
        blocker = undefined
      }
      if (!window.isDestroyed()) window.setProgressBar(job ? barOf(job) : none)
    },
    tellEnd(job, words) {
      const isGood = job.state.kind === 'completed'
      const isWorthIt = isGood ? job.changedAt - job.createdAt >= longMs : job.state.kind === 'failed'
      if (!isWorthIt || window.isDestroyed() || window.isFocused() || !Notification.isSupported()) return
      const notification = new Notification({ title: 'Spicerack', body: words[`${job.kind}${isGood ? 'Done' : 'Failed'}`] })
      notification.on('click', show)
      notification.show()
    },
  }
}
