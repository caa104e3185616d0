import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasElectron } from './electron-binary.ts'
import { openTrainedDesktop, type TinyDesktop } from './tiny-desktop.ts'

type Asked = { asked: unknown[] }

describe.runIf(hasElectron())('dialogs of the system, in the desktop window', () => {
  let tiny: TinyDesktop

  beforeAll(async () => {
    tiny = await openTrainedDesktop()
  })
  afterAll(() => tiny?.desktop.close())

  /** The dialog that comes next is answered with this path, or given up; what it was asked is kept. */
  const answerNext = (path: string | null) =>
    tiny.running.app.evaluate(({ dialog }, chosen) => {
      const kept = globalThis as unknown as Asked
      kept.asked = []
      const note = (_window: unknown, question: unknown): void => void kept.asked.push(question)
      dialog.showSaveDialog = ((window: unknown, question: unknown) => {
        note(window, question)
        return Promise.resolve({ canceled: chosen === null, filePath: chosen ?? '' })
      }) as typeof dialog.showSaveDialog
      dialog.showOpenDialog = ((window: unknown, question: unknown) => {
        note(window, question)
        return Promise.resolve({ canceled: chosen === null, filePaths: chosen === null ? [] : [chosen] })
      }) as unknown as typeof dialog.showOpenDialog
    }, path)
  const asked = () => tiny.running.app.evaluate(() => (globalThis as unknown as Asked).asked)

  it('choose where a dataset goes, which is then written there', async () => {
    const { page, complaints } = tiny.running
    const out = join(tiny.desktop.folder, '数据 set')
    await page.getByRole('link', { name: 'Export' }).click()
    const place = page.getByLabel('Folder to make', { exact: true })
    const before = await place.inputValue()
    await answerNext(null)
    await page.getByRole('button', { name: 'Folder to make: Choose…' }).click()
    await expect.poll(asked).toMatchObject([{ title: 'Folder to make', defaultPath: 'tiny-dataset' }])
    expect(await place.inputValue()).toBe(before)
    await answerNext(out)
    await page.getByRole('button', { name: 'Folder to make: Choose…' }).click()
    await expect.poll(() => place.inputValue()).toBe(out)
    await page.getByRole('button', { name: /^Export \d+ images$/ }).click()
    await expect.poll(() => tiny.stateOf('export'), { timeout: 60_000 }).toBe('completed')
    expect(await tiny.running.call('exports/list')).toMatchObject([{ path: out }])
    expect(complaints).toEqual([])
  })

  it('choose the file of an encoder', async () => {
    const { page, complaints } = tiny.running
    const file = join(tiny.desktop.folder, 'encoder.onnx')
    await page.getByRole('link', { name: /^Run/ }).click()
    await page.locator('summary', { hasText: 'All settings' }).click()
    await answerNext(file)
    await page.getByRole('button', { name: /Choose…/ }).click()
    await expect.poll(asked).toMatchObject([{ filters: [{ extensions: ['onnx'] }] }])
    await expect.poll(() => page.locator('#embed-onnxFile').inputValue()).toBe(file)
    expect(complaints).toEqual([])
  })
})
