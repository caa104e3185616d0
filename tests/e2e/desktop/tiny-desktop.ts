import { join } from 'node:path'
import { vi } from 'vitest'
import type { JobKind } from '#shared/jobs.ts'
import { makeTinyImages, tinyRun } from '../../tiny-project.ts'
import { type DesktopApp, type DesktopFixture, openDesktop } from './desktop-fixture.ts'

type JobRow = { id: number; kind: JobKind; state: { kind: string } }

/** A run that does not end before the test does. */
export const longRun = { ...tinyRun, overrides: { ...tinyRun.overrides, pretrain: { ...tinyRun.overrides.pretrain, epochs: 5000 } } }

/** The app with a project in which the tiny images have been read. */
export interface TinyDesktop {
  readonly desktop: DesktopFixture
  readonly imageFolder: string
  readonly projectPath: string
  /** The app as it was started last. */
  running: DesktopApp
  jobs(): Promise<JobRow[]>
  /** State of the newest job of a kind. */
  stateOf(kind: JobKind): Promise<string | undefined>
  /** Waits until so many jobs are done. */
  untilCompleted(count: number): Promise<void>
  /** Asks the app to quit, and waits until its process has ended. */
  quit(): Promise<void>
  /** Starts the app anew with the project, and waits until it is open. */
  startAgain(...args: string[]): Promise<void>
}

export async function openTinyDesktop(): Promise<TinyDesktop> {
  const desktop = await openDesktop()
  const imageFolder = join(desktop.folder, 'images')
  await makeTinyImages(imageFolder)
  const tiny: TinyDesktop = {
    desktop,
    imageFolder,
    projectPath: join(desktop.folder, 'tiny.spicerack'),
    running: await desktop.start(),
    jobs: async () => (await tiny.running.call('jobs/list')) as JobRow[],
    stateOf: async (kind) => (await tiny.jobs()).filter((job) => job.kind === kind).sort((one, other) => other.id - one.id)[0]?.state.kind,
    async untilCompleted(count) {
      const completed = async () => (await tiny.jobs()).filter(({ state }) => state.kind === 'completed')
      await vi.waitUntil(async () => (await completed()).length === count, { timeout: 60_000, interval: 100 })
    },
    async quit() {
      const ended = new Promise((resolve) => tiny.running.app.process().once('exit', resolve))
      await tiny.running.app.evaluate(({ app }) => app.quit())
      await ended
    },
    async startAgain(...args) {
      tiny.running = await desktop.start(...args, tiny.projectPath)
      await tiny.running.page.getByRole('button', { name: 'Close project' }).waitFor()
    },
  }
  await tiny.running.call('project/create', { path: tiny.projectPath })
  await tiny.running.call('images/import', { folder: imageFolder })
  await tiny.untilCompleted(1)
  return tiny
}

/** The same after a tiny run, so that there are clusters. */
export async function openTrainedDesktop(): Promise<TinyDesktop> {
  const tiny = await openTinyDesktop()
  await tiny.running.call('runs/create', tinyRun)
  await tiny.untilCompleted(2)
  return tiny
}
