import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { createEngine } from '#engine/engine.ts'
import { startHttpShell } from '#main/server/http-shell.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { ClusterId, ImageId } from '#shared/entities.ts'
import { findChromium } from '../tests/renderer/browser.ts'
import { option } from './arguments.ts'
import { makeLargeProject } from './large-project.ts'
import { watchMainThread } from './main-thread.ts'
import { loadNow, median, spread, writeResults } from './result-table.ts'

// The page over a large project, in Chromium at a device pixel ratio of 2:
// node scripts/bench.mjs grid [--project FOLDER.spicerack] [--images 1000000]

const imageCount = Number(option('images', '1000000'))
const movedCount = Math.min(100_000, Math.floor(imageCount / 10))
const jumpCount = 20

const loadBefore = loadNow()
const folder = mkdtempSync(join(tmpdir(), 'spicerack-grid-'))
const projectPath = await makeLargeProject(option('project', join(folder, 'large.spicerack')), imageCount)
await build({
  configFile: new URL('../vite.config.ts', import.meta.url).pathname,
  logLevel: 'warn',
  build: { outDir: join(folder, 'page') },
})
const engine = createEngine({ reportBug: console.error })
const shell = await startHttpShell({ handle: engine.handle, port: 0, staticFolder: join(folder, 'page') })
const client = createEngineClient((request) => engine.handle(request))
const browser = await chromium.launch({ executablePath: findChromium()!, args: ['--no-sandbox'] })
const page = await (await browser.newContext({ viewport: { width: 1360, height: 860 }, deviceScaleFactor: 2 })).newPage()
await page.addInitScript(
  'window.longTasks = []; new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) longTasks.push(duration) }).observe({ type: "longtask" })',
)

const rows: string[][] = []
const note = (work: string, seen: string, reach: string): void => {
  rows.push([work, seen, reach])
  console.log(work, '·', seen, '·', reach)
}
const milliseconds = (value: number): string => `${value.toFixed(0)} ms`

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** What work in the engine, which runs in this process, takes by the clock and of the processor, in ms. */
async function cost(work: () => Promise<unknown>): Promise<{ clock: number; processor: number }> {
  const before = process.cpuUsage()
  const clock = await time(work)
  const { user, system } = process.cpuUsage(before)
  return { clock, processor: (user + system) / 1000 }
}
const costs = (of: readonly Awaited<ReturnType<typeof cost>>[]): string =>
  `${median(of.map(({ clock }) => clock)).toFixed(0)} ms, ${median(of.map(({ processor }) => processor)).toFixed(0)} ms of the processor`

/** Until every tile in sight has its picture, in ms by the clock of the page. */
function filled(on: Page): Promise<number> {
  return on.evaluate<number>(`new Promise((resolve) => {
    const startedAt = performance.now()
    const look = () => {
      const tiles = [...document.querySelectorAll('.tile')]
      const isFull = tiles.length > 0 && tiles.every((tile) => tile.querySelector('img')?.complete && tile.querySelector('img').naturalWidth > 0)
      if (isFull) resolve(performance.now() - startedAt)
      else requestAnimationFrame(look)
    }
    look()
  })`)
}
/** The longest task since the last call, in ms; 0 when none was longer than 50. */
const longest = async (): Promise<number> => Number(await page.evaluate('Math.max(0, ...longTasks.splice(0))'))

await page.goto(shell.createLink())
await page.getByRole('heading', { level: 1 }).waitFor()
const engineOpens = await time(() => client.project.open({ path: projectPath }))
// Without a change of the route: the page does not know of the project yet, and would go back to the start.
await page.evaluate("history.replaceState(null, '', '#/images')")
const gridOpens = await time(async () => {
  await page.reload()
  await page.locator('.tile').first().waitFor({ timeout: 120_000 })
  await filled(page)
})
note('open: project, until the engine answers', milliseconds(engineOpens), '')
note('open: reload on all images, until every tile in sight has its picture', milliseconds(gridOpens), 'both < 2,500 ms')
note('open: longest task of the page', milliseconds(await longest()), '')

const wall = await time(async () => {
  await page.evaluate("location.hash = '#/clusters'")
  await page.locator('.mosaic img').first().waitFor({ timeout: 120_000 })
})
note('wall of 50 clusters, until its first pictures', milliseconds(wall), '')
await page.evaluate("location.hash = '#/images'")
await page.locator('.tile').first().waitFor({ timeout: 120_000 })
await filled(page)
await page.waitForTimeout(2000)
await longest()

await page.getByRole('listbox').focus()
await page.keyboard.press('ArrowRight')
await page.keyboard.press('End')
const last = page.locator(`.tile[aria-posinset="${imageCount}"]`)
await last.waitFor({ timeout: 10_000 })
const box = await last.boundingBox()
note('End: last image in sight', box && box.y + box.height <= 861 ? 'yes' : 'no', 'yes')
await page.keyboard.press('Home')

await longest()
let endWatch = await watchMainThread(page)
const fills: number[] = []
for (let jump = 0; jump <= jumpCount; jump++) {
  await page.evaluate(
    `{ const grid = document.querySelector('.grid'); grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * ${jump / jumpCount} }`,
  )
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  fills.push(await filled(page))
  await page.waitForTimeout(250)
}
note(`scroll bar, first to last in ${jumpCount} jumps: cells filled after`, `${spread(fills)} ms`, 'each < 300 ms')
note('scroll bar: longest task of the page', milliseconds(await longest()), '< 50 ms')
note('scroll bar: longest task of the page, its processor time', milliseconds((await endWatch()).processorMs), '< 50 ms')
note('scroll bar: last image in sight at its end', (await last.count()) > 0 ? 'yes' : 'no', 'yes')

await page.keyboard.press('Home')
await page.mouse.move(500, 500)
await longest()
endWatch = await watchMainThread(page)
for (let turn = 0; turn < 120; turn++) await page.mouse.wheel(0, 400)
await filled(page)
note('wheel, 120 turns of 400 px: longest task of the page', milliseconds(await longest()), '< 50 ms')
note('wheel: longest task of the page, its processor time', milliseconds((await endWatch()).processorMs), '< 50 ms')

await page.keyboard.press('Control+A')
await page.waitForTimeout(500)
note(`Ctrl+A on ${imageCount.toLocaleString('en')} images: longest task of the page`, milliseconds(await longest()), '')
await page.keyboard.press('Escape')

const firstCluster = (await client.clusters.list())[0].id as ClusterId
type Sort = NonNullable<Parameters<EngineClient['images']['order']>[0]['sort']>
for (const sort of ['typical', 'uncertain', 'path'] as const satisfies readonly Sort[]) {
  // Something is written before each question, so that no answer of before serves.
  const first: Awaited<ReturnType<typeof cost>>[] = []
  for (let round = 0; round < 3; round++) {
    await client.clusters.rename({ clusterId: firstCluster, name: `Round ${round}` })
    first.push(await cost(() => client.images.order({ filter: { status: 'ok' }, sort })))
    await client.edits.undo()
  }
  note(`order by ${sort} after a change, in the engine`, costs(first), '< 50 ms')
}
const filters = [
  ['one cluster, typical', { filter: { status: 'ok', clusterId: firstCluster }, sort: 'typical' }],
  ['no class and at least 0.5 sure, uncertain', { filter: { status: 'ok', classId: null, minConfidence: 0.5 }, sort: 'uncertain' }],
  ['a band, path', { filter: { status: 'ok', band: 'doubtful' }, sort: 'path' }],
  ['a part of a path, path', { filter: { status: 'ok', search: 'image-00012' }, sort: 'path' }],
  ['a part of every path, path', { filter: { status: 'ok', search: '0' }, sort: 'path' }],
] as const satisfies readonly (readonly [string, Parameters<EngineClient['images']['order']>[0]])[]
for (const [title, request] of filters)
  note(`filter and order, in the engine: ${title}`, costs([await cost(() => client.images.order(request))]), '< 50 ms')
const steps: number[] = []
for (let step = 0; step < 20; step++)
  steps.push(await time(() => client.images.get({ imageId: (Math.floor(imageCount / 2) + step) as ImageId })))
note('next image, in the engine: 20 times', `${spread(steps)} ms`, '< 50 ms')
const ids = Array.from({ length: movedCount }, (_, index) => (index * 3 + 1) as ImageId)
note(
  `move ${movedCount.toLocaleString('en')} images, to the reply`,
  costs([await cost(() => client.assignments.move({ imageIds: ids, clusterId: firstCluster }))]),
  '< 300 ms',
)
note('undo it, to the reply', costs([await cost(() => client.edits.undo())]), '< 300 ms')

const session = await browser.newBrowserCDPSession()
const { processInfo } = await session.send('SystemInfo.getProcessInfo')
const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => residentMegabytes(id))
note('memory of the page (its process, resident)', `${Math.max(...sizes).toFixed(0)} MB`, '< 700 MB')

// Opened anew: nothing is known but what the first page asks for, and what is read while nobody asks.
await client.project.close()
await client.project.open({ path: projectPath })
await client.images.order({ filter: { status: 'ok' }, sort: 'typical' })
const waits: number[] = []
for (const endAt = performance.now() + 4000; performance.now() < endAt; ) {
  waits.push(await time(() => client.engine.status()))
  await new Promise((resolve) => setTimeout(resolve, 5))
}
note('4 s after opening: the longest wait of other questions', milliseconds(Math.max(...waits)), '< 50 ms')
const firstSearch = await cost(() => client.images.order({ filter: { status: 'ok', search: 'image-00011' }, sort: 'path' }))
note('4 s after opening: the first search by a part of a path, by path', costs([firstSearch]), '< 50 ms')

await browser.close()
await shell.close()
await engine.close()
rmSync(folder, { recursive: true, force: true })
writeResults({
  name: 'page-at-scale',
  title: `The page over ${imageCount.toLocaleString('en')} images`,
  notes: [
    'A project of synthetic rows with 200 different thumbnails, served by the browser shell; Chromium without a GPU, 1360 x 860 at a device pixel ratio of 2. Engine, browser and this program share the machine.',
    'Tasks are those that the page itself observes as longer than 50 ms by the clock; 0 means none. Other programs that take a processor away make them longer, but not their processor time.',
  ],
  header: ['work', 'seen', 'wanted'],
  rows,
  loadBefore,
  versions: `Chromium ${browser.version()}`,
})

function residentMegabytes(processId: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) / 1024
}
