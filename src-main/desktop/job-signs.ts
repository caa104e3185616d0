import { type BrowserWindow, Notification, powerSaveBlocker } from 'electron'
import type { Job } from '#shared/entities.ts'
import type { EngineView } from './job-watch.ts'
import type { Words } from './words.ts'

/** How the system sees work: progress in the task bar, no sleep meanwhile, a notification at the end. */
export interface JobSigns {
  show(view: EngineView): void
  tellEnd(job: Job, words: Words): void
}

export function createJobSigns(window: BrowserWindow): JobSigns {
  let blocker: number | undefined
  return {
    show({ job }) {
      if (job && blocker === undefined) blocker = powerSaveBlocker.start('prevent-app-suspension')
      if (!job && blocker !== undefined) {
        powerSaveBlocker.stop(blocker)
        blocker = undefined
      }
      if (!window.isDestroyed()) window.setProgressBar(job ? progressOf(job) : -1)
    },
    tellEnd(job, words) {
      const isGood = job.state.kind === 'completed'
      if (window.isDestroyed() || window.isFocused() || (!isGood && job.state.kind !== 'failed') || !Notification.isSupported()) return
      const notification = new Notification({ title: 'Spicerack', body: words[`${job.kind}${isGood ? 'Done' : 'Failed'}`] })
      notification.on('click', () => window.show())
      notification.show()
    },
  }
}

/** 0-1, or 2 where the end is not known: the task bar then shows that something moves. */
function progressOf({ progress }: Job): number {
  if (!progress.total) return 2
  return Math.min(1, progress.done / progress.total)
}
