import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasElectron } from './electron-binary.ts'
import { longRun, openTinyDesktop, type TinyDesktop } from './tiny-desktop.ts'

type Asked = { questions: { message: string; buttons: string[] }[] }
/** Places of the answers among the buttons. */
const answers = { pause: 0, cancel: 1, stay: 2 } as const

describe.runIf(hasElectron())('a training in the desktop window', () => {
  let tiny: TinyDesktop

  beforeAll(async () => {
    tiny = await openTinyDesktop()
  })
  afterAll(() => tiny?.desktop.close())

  const runState = () => tiny.stateOf('run')
  const isKeptAwake = () => tiny.running.app.evaluate(({ powerSaveBlocker }) => [0, 1, 2, 3].some((id) => powerSaveBlocker.isStarted(id)))
  const isVisible = () => tiny.running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isVisible())
  /** Questions that the app asks from now on are answered so, and kept. */
  const answerNext = (answer: keyof typeof answers) =>
    tiny.running.app.evaluate(({ dialog }, response) => {
      const asked = globalThis as unknown as Asked
      asked.questions = []
      dialog.showMessageBox = ((_window: unknown, question: Asked['questions'][number]) => {
        asked.questions.push(question)
        return Promise.resolve({ response, checkboxChecked: false })
      }) as typeof dialog.showMessageBox
    }, answers[answer])
  const questions = () => tiny.running.app.evaluate(() => (globalThis as unknown as Asked).questions)

  async function resume(): Promise<void> {
    await tiny.running.page.getByRole('link', { name: 'Run' }).click({ timeout: 30_000 })
    await tiny.running.page.getByRole('button', { name: 'Resume run' }).click({ timeout: 30_000 })
    await expect.poll(runState, { timeout: 30_000 }).toBe('running')
  }

  it('keeps the system awake while it runs', async () => {
    expect(await isKeptAwake()).toBe(false)
    await tiny.running.call('runs/create', longRun)
    await expect.poll(runState, { timeout: 30_000 }).toBe('running')
    await expect.poll(isKeptAwake, { timeout: 10_000 }).toBe(true)
  })

  it('is interrupted when the engine dies, and goes on when it is asked to', { timeout: 150_000 }, async () => {
    const { enginePid } = tiny.running
    const first = enginePid()
    process.kill(first, 'SIGKILL')
    await expect.poll(enginePid, { timeout: 30_000 }).not.toBe(first)
    await resume()
  })

  it('goes on when the person stays, by whichever way the app was to end', async () => {
    await answerNext('stay')
    await tiny.running.app.evaluate(({ app }) => app.quit())
    await expect.poll(questions).toHaveLength(1)
    await tiny.running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
    await expect.poll(questions).toHaveLength(2)
    const question = { message: 'A training is running.', buttons: ['Pause and quit', 'Cancel training and quit', 'Stay'] }
    expect(await questions()).toMatchObject([question, question])
    expect([await runState(), await isVisible()]).toEqual(['running', true])
  })

  it('is paused with the app and kept, and lets the system sleep', async () => {
    await answerNext('pause')
    await tiny.quit()
    await tiny.startAgain()
    expect([await runState(), await isKeptAwake()]).toEqual(['paused', false])
    expect(tiny.running.complaints).toEqual([])
  })

  it('is cancelled with the app', async () => {
    await resume()
    await answerNext('cancel')
    await tiny.quit()
    await tiny.startAgain()
    expect(await runState()).toBe('cancelled')
    expect(tiny.running.complaints).toEqual([])
  })
})
