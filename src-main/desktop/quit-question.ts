import { type BrowserWindow, dialog } from 'electron'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { Job } from '#shared/entities.ts'
import type { Words } from './words.ts'

/** Whether the app may end now. A training that runs is paused or cancelled first, as the person says. */
export async function mayQuit(
  options: Readonly<{ window: BrowserWindow; words: Words; job: Job | undefined; client: EngineClient }>,
): Promise<boolean> {
  const { window, words, job, client } = options
  if (job?.kind !== 'run') return true
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: words.quitTitle,
    detail: words.quitText,
    buttons: [words.pauseAndQuit, words.cancelAndQuit, words.stay],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  })
  if (response === 2) return false
  const stop = response === 0 ? client.jobs.pause({ jobId: job.id }) : client.jobs.cancel({ jobId: job.id })
  // A job that has ended meanwhile is no reason to stay.
  await stop.catch(() => undefined)
  return true
}
