import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTinyImages, tinyRun } from '../../tiny-project.ts'
import { type DesktopApp, type DesktopFixture, openDesktop } from './desktop-fixture.ts'
import { hasElectron } from './electron-binary.ts'

type JobRow = { id: number; kind: string; state: { kind: string } }

describe.runIf(hasElectron())('a training in the desktop window', () => {
  let desktop: DesktopFixture
  let running: DesktopApp
  let projectPath: string

  beforeAll(async () => {
    desktop = await openDesktop()
    projectPath = join(desktop.folder, 'tiny.spicerack')
    await makeTinyImages(join(desktop.folder, 'images'))
    running = await desktop.start()
  })
  afterAll(() => desktop?.close())

  const jobs = async (): Promise<JobRow[]> => (await running.call('jobs/list')) as JobRow[]
  const runState = async (): Promise<string | undefined> => (await jobs()).find(({ kind }) => kind === 'run')?.state.kind
  const isKeptAwake = () => running.app.evaluate(({ powerSaveBlocker }) => [0, 1, 2, 3].some((id) => powerSaveBlocker.isStarted(id)))
  /** The next question of the app is answered with this button; resolves to the number of questions so far. */
  const answerNext = (button: number) =>
    running.app.evaluate(({ dialog }, response) => {
      dialog.showMessageBox = (() => Promise.resolve({ response, checkboxChecked: false })) as typeof dialog.showMessageBox
    }, button)

  it('keeps the system awake while it runs', async () => {
    await running.call('project/create', { path: projectPath })
    await running.call('images/import', { folder: join(desktop.folder, 'images') })
    await expect.poll(async () => (await jobs()).map(({ state }) => state.kind), { timeout: 30_000 }).toEqual(['completed'])
    await expect.poll(isKeptAwake, { timeout: 10_000 }).toBe(false)
    const long = { ...tinyRun, overrides: { ...tinyRun.overrides, pretrain: { ...tinyRun.overrides.pretrain, epochs: 5000 } } }
    await running.call('runs/create', long)
    await expect.poll(runState, { timeout: 30_000 }).toBe('running')
    await expect.poll(isKeptAwake, { timeout: 10_000 }).toBe(true)
  })

  it('is interrupted when the engine dies, and goes on when it is asked to', { timeout: 150_000 }, async () => {
    const { page, enginePid } = running
    const first = enginePid()
    process.kill(first, 'SIGKILL')
    await expect.poll(enginePid, { timeout: 30_000 }).not.toBe(first)
    await page.getByRole('link', { name: 'Run' }).click({ timeout: 30_000 })
    await page.getByRole('button', { name: 'Resume run' }).click({ timeout: 30_000 })
    await expect.poll(runState, { timeout: 30_000 }).toBe('running')
  })

  it('is asked about when the app quits: it stays, or it is paused and kept', async () => {
    await answerNext(2)
    await running.app.evaluate(({ app }) => app.quit())
    await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
    expect(await runState()).toBe('running')

    await answerNext(0)
    const ended = new Promise((resolve) => running.app.process().once('exit', resolve))
    await running.app.evaluate(({ app }) => app.quit())
    await ended
    running = await desktop.start(projectPath)
    await running.page.getByRole('button', { name: 'Close project' }).waitFor()
    expect(await runState()).toBe('paused')
    expect(running.complaints).toEqual([])
  })
})
