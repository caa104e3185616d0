import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTinyImages, tinyImageCount, tinyRun } from '../../tiny-project.ts'
import { hasElectron } from './electron-binary.ts'
import { openTinyDesktop, type TinyDesktop } from './tiny-desktop.ts'

/** Takes seconds, so that what looks at it each second sees it on its way. */
const longerRun = { ...tinyRun, lastStage: 'embed', overrides: { pretrain: { ...tinyRun.overrides.pretrain, epochs: 60 } } }

type Told = { body: string; click(): void }
type Signs = { bars: number[]; told: Told[] }

describe.runIf(hasElectron())('work in the desktop window, seen from outside', () => {
  let tiny: TinyDesktop

  beforeAll(async () => {
    tiny = await openTinyDesktop()
    // What the system is told goes there all the same; whether it shows any of it is its own matter.
    await tiny.running.app.evaluate(({ BrowserWindow, Notification }) => {
      const window = BrowserWindow.getAllWindows()[0]!
      const seen = globalThis as unknown as Signs
      Object.assign(seen, { bars: [], told: [] })
      const setProgressBar = window.setProgressBar.bind(window)
      window.setProgressBar = (value) => {
        seen.bars.push(value)
        setProgressBar(value)
      }
      Notification.isSupported = () => true
      const { show } = Notification.prototype
      Notification.prototype.show = function () {
        seen.told.push({ body: this.body, click: () => void this.emit('click') })
        show.call(this)
      }
    })
  })
  afterAll(() => tiny?.desktop.close())

  const bars = () => tiny.running.app.evaluate(() => (globalThis as unknown as Signs).bars.splice(0))
  const told = () => tiny.running.app.evaluate(() => (globalThis as unknown as Signs).told.map(({ body }) => body))
  const onWindow = (act: 'hide' | 'isVisible' | 'isFocused' | 'focus') =>
    tiny.running.app.evaluate(({ BrowserWindow }, name) => BrowserWindow.getAllWindows()[0]![name](), act)
  async function untilRunIs(state: string): Promise<void> {
    await tiny.running.call('project/get')
    await expect.poll(() => tiny.stateOf('run'), { timeout: 60_000 }).toBe(state)
  }
  /** Moves files over the window as a file manager does, and lets go. */
  async function drop(...files: string[]): Promise<void> {
    const session = await tiny.running.page.context().newCDPSession(tiny.running.page)
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      const data = { items: [], files, dragOperationsMask: 1 }
      await session.send('Input.dispatchDragEvent', { type, x: 500, y: 300, data })
      if (type === 'dragOver') await tiny.running.page.getByText('Drop a folder of images').waitFor()
    }
    await session.detach()
  }

  it('reads folders that are dropped on the window, and says so of files', async () => {
    const { page, complaints } = tiny.running
    await page.getByRole('button', { name: 'Close project' }).waitFor()
    const folders = ['more', '更多 images'].map((name) => join(tiny.desktop.folder, name))
    for (const [index, folder] of folders.entries()) await makeTinyImages(folder, 4 + 2 * index)
    await drop(join(folders[0]!, 'apples', 'apples-00.png'))
    await page.getByText('Drop the folder that the images are in.').waitFor()
    await drop(...folders)
    await tiny.untilCompleted(3)
    await page.getByRole('heading', { level: 1, name: 'Import' }).waitFor()
    expect(await tiny.running.call('project/get')).toMatchObject({
      images: { total: tinyImageCount + 4 + 6 },
      roots: expect.arrayContaining(folders.map((path) => expect.objectContaining({ path }))),
    })
    expect(complaints).toEqual([])
  })

  it('grows in the task bar over all stages of a run and goes from there; the end is told to who looks elsewhere', {
    timeout: 120_000,
  }, async () => {
    await onWindow('hide')
    await expect.poll(() => onWindow('isFocused')).toBe(false)
    await bars()
    await tiny.running.call('runs/create', longerRun)
    await untilRunIs('completed')
    await expect.poll(told).toEqual(['The run is done'])
    const seen = await bars()
    const known = seen.filter((value) => value >= 0 && value <= 1)
    expect(known.length).toBeGreaterThan(1)
    expect(known).toEqual(known.toSorted((one, other) => one - other))
    expect(known[0]).toBeLessThan(0.5)
    expect(seen.at(-1)).toBe(-1)
  })

  it('comes to the front when what was told is clicked', async () => {
    expect(await onWindow('isVisible')).toBe(false)
    await tiny.running.app.evaluate(() => (globalThis as unknown as Signs).told[0]!.click())
    await expect.poll(() => onWindow('isVisible')).toBe(true)
    await expect.poll(() => onWindow('isFocused')).toBe(true)
  })

  it('says that it has failed, and leaves the task bar; whoever looks at the window is told nothing', { timeout: 150_000 }, async () => {
    const pixels = join(tiny.projectPath, 'pixels')
    for (const isLookedAt of [true, false]) {
      await onWindow(isLookedAt ? 'focus' : 'hide')
      await expect.poll(() => onWindow('isFocused')).toBe(isLookedAt)
      await tiny.running.call('runs/create', longerRun)
      await untilRunIs('running')
      // In time for the next stage.
      await expect.poll(bars).toSatisfy((values: number[]) => values.some((value) => value >= 0 && value < 1))
      renameSync(pixels, `${pixels}-away`)
      await untilRunIs('failed')
      renameSync(`${pixels}-away`, pixels)
      await expect.poll(async () => (await bars()).at(-1)).toBe(-1)
    }
    expect(await told()).toEqual(['The run is done', 'The run failed'])
  })
})
