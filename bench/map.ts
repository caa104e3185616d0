import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { build } from 'vite'
import { openProject } from '#engine/database/project.ts'
import { createEngine } from '#engine/engine.ts'
import { createRandom } from '#engine/ml/random.ts'
import { startHttpShell } from '#main/server/http-shell.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { ClusterId, RunId } from '#shared/entities.ts'
import { findChromium } from '../tests/renderer/browser.ts'
import { option } from './arguments.ts'
import { largeClusterCount, makeLargeProject } from './large-project.ts'
import { type MainThread, watchMainThread } from './main-thread.ts'
import { loadNow, median, writeResults } from './result-table.ts'

// The map over a large project, in Chromium: node scripts/bench.mjs map [--project FOLDER.spicerack] [--images 1000000]

const imageCount = Number(option('images', '1000000'))
const runId = 'run-0001' as RunId
const frameCount = 60

const loadBefore = loadNow()
const folder = mkdtempSync(join(tmpdir(), 'spicerack-map-'))
const projectPath = await makeLargeProject(option('project', join(folder, 'large.spicerack')), imageCount)
addLayout(projectPath)
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
await page.addInitScript(countScript)

const rows: string[][] = []
const note = (work: string, seen: string, reach: string): void => {
  rows.push([work, seen, reach])
  console.log(work, '·', seen, '·', reach)
}
const milliseconds = (value: number): string => `${value.toFixed(0)} ms`
const time = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** Script of the page in each frame since the last call, in ms. */
const frames = async (): Promise<number[]> => JSON.parse(await page.evaluate<string>('JSON.stringify(scriptOfFrames.splice(0))'))
const noteFrames = async (work: string, reach = 'no frame > 33 ms'): Promise<void> => {
  const script = await frames()
  const busy = script.filter((value) => value > 0)
  note(work, `${Math.max(0, ...script).toFixed(1)} ms longest, ${median(busy.length > 0 ? busy : [0]).toFixed(1)} ms median`, reach)
}
const noteTasks = ({ processorMs, clockMs, drawingMs }: MainThread, work: string): void => {
  note(
    `${work}: longest task of the page, by the clock`,
    `${milliseconds(clockMs)}, waiting for the drawing ${milliseconds(drawingMs)}`,
    '',
  )
  note(`${work}: longest task of the page, its processor time`, milliseconds(processorMs), '< 50 ms')
}
const settled = (): Promise<void> => page.waitForTimeout(1500)

await client.project.open({ path: projectPath })
const firstCluster = (await client.clusters.list())[0].id as ClusterId
await client.clusters.rename({ clusterId: firstCluster, name: 'First' })
const waits: number[] = []
let isReading = true
const asking = (async () => {
  while (isReading) {
    waits.push(await time(() => client.engine.status()))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
})()
const firstColumns = await time(() => client.layouts.columns())
isReading = false
await asking
note('engine: columns of every image, after a change', milliseconds(firstColumns), '')
note('engine: longest wait of another question meanwhile', milliseconds(Math.max(...waits)), '')
note('engine: the same columns again', milliseconds(await time(() => client.layouts.columns())), '')

await page.goto(shell.createLink())
await page.getByRole('heading', { level: 1 }).waitFor()
await page.evaluate("location.hash = '#/map'")
let endWatch = await watchMainThread(page)
const opens = await time(async () => {
  await page.reload()
  await page.locator('.frame canvas').first().waitFor({ timeout: 120_000 })
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
})
note('open: reload on the map, until its first frame', milliseconds(opens), '')
await settled()
noteTasks(await endWatch(), 'open')
await noteFrames('open: script of a frame')

const box = (await page.locator('.frame canvas').first().boundingBox())!
const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
const frame = (): Promise<unknown> => page.evaluate('new Promise((done) => requestAnimationFrame(done))')

await page.mouse.move(middle.x, middle.y)
await settled()
await frames()
for (let step = 0; step < frameCount; step++) {
  await page.mouse.move(middle.x + 2 * step, middle.y + step)
  await frame()
}
await noteFrames(`point: ${frameCount} moves of the pointer over everything`)

await page.mouse.down({ button: 'middle' })
for (let step = 0; step < frameCount; step++) {
  await page.mouse.move(middle.x - 3 * step, middle.y + step)
  await frame()
}
await page.mouse.up({ button: 'middle' })
await settled()
await noteFrames(`pan: ${frameCount} steps, everything in sight`)

await page.mouse.move(middle.x, middle.y)
for (let step = 0; step < frameCount; step++) {
  await page.mouse.wheel(0, -50)
  await frame()
}
await settled()
await noteFrames(`zoom: ${frameCount} steps in, until pictures come`)
await page.mouse.down({ button: 'middle' })
for (let step = 0; step < frameCount; step++) {
  await page.mouse.move(middle.x - 3 * step, middle.y + step)
  await frame()
}
await page.mouse.up({ button: 'middle' })
await settled()
await noteFrames(`pan: ${frameCount} steps, near, with pictures`)
await page.keyboard.press('0')
await settled()

await frames()
const rounds: number[] = []
let selectedCount = ''
for (let round = 0; round < 5; round++) {
  await page.mouse.move(middle.x + 0.16 * box.width, middle.y)
  await page.mouse.down()
  for (let corner = 1; corner <= 120; corner++) {
    const angle = (2 * Math.PI * corner) / 120
    await page.mouse.move(middle.x + 0.16 * box.width * Math.cos(angle), middle.y + 0.16 * box.height * Math.sin(angle))
  }
  await frame()
  await frames()
  await page.mouse.up()
  await frame()
  await frame()
  rounds.push(Math.max(...(await frames())))
  selectedCount = (await page.locator('.bar strong').textContent()) ?? ''
  await page.keyboard.press('Escape')
  await settled()
}
note(
  `lasso: ${selectedCount.trim()}, script until they are selected`,
  `${median(rounds).toFixed(0)} (${Math.min(...rounds).toFixed(0)}-${Math.max(...rounds).toFixed(0)}) ms`,
  '300,000 points < 150 ms',
)

endWatch = await watchMainThread(page)
await page.getByLabel('Colour by').selectOption('confidence')
await settled()
noteTasks(await endWatch(), 'colour by confidence')
await noteFrames('colour by confidence: script of a frame')
await page.locator('.entry').first().click()
await settled()
await noteFrames('hide an entry of the legend: script of a frame', '')

const session = await browser.newBrowserCDPSession()
const { processInfo } = await session.send('SystemInfo.getProcessInfo')
const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => residentMegabytes(id))
note('memory of the page (its process, resident)', `${Math.max(...sizes).toFixed(0)} MB`, '< 700 MB')

await browser.close()
await shell.close()
await engine.close()
rmSync(folder, { recursive: true, force: true })
writeResults({
  name: 'map',
  title: `The map over ${imageCount.toLocaleString('en')} images`,
  notes: [
    `A project of synthetic rows, laid out as ${largeClusterCount} heaps, served by the browser shell; Chromium without a GPU, 1360 x 860 at a device pixel ratio of 2. Engine, browser and this program share the machine.`,
    'Script of a frame is what the page ran between two frames: callbacks of frames and timers, listeners, and what they left to be done at once. Drawing itself is done by software here and is not part of it.',
    'A page whose points are drawn by software waits, in the task of its frame, until the other process has drawn them: the browser reads them back. On a graphics card it does not. The processor time of a task is what the page does itself, reading back included.',
  ],
  header: ['work', 'seen', 'wanted'],
  rows,
  loadBefore,
  versions: `Chromium ${browser.version()}`,
})

/** In the page: adds up what runs between two frames, promises that callbacks have settled included. */
function countScript(): void {
  const page = globalThis as unknown as {
    scriptOfFrames: number[]
    requestAnimationFrame(callback: (at: number) => void): number
    setTimeout(callback: (...given: unknown[]) => void, delay?: number, ...given: unknown[]): number
    EventTarget: { prototype: { addEventListener(type: string, listener: unknown, options?: unknown): void } }
  }
  page.scriptOfFrames = []
  // What a callback leaves to be done at once is done after it, in turns: after so many there is no more.
  const turns = 30
  let spent = 0
  let isCounting = false
  const counted = <Given extends unknown[]>(work: (...given: Given) => unknown) =>
    function (this: unknown, ...given: Given) {
      if (isCounting) return work.apply(this, given)
      isCounting = true
      const startedAt = performance.now()
      const end = (left: number): void => {
        if (left > 0) {
          queueMicrotask(() => end(left - 1))
          return
        }
        spent += performance.now() - startedAt
        isCounting = false
      }
      try {
        return work.apply(this, given)
      } finally {
        end(turns)
      }
    }
  const nextFrame = page.requestAnimationFrame.bind(page)
  const timeout = page.setTimeout.bind(page)
  page.requestAnimationFrame = (callback) => nextFrame(counted(callback))
  page.setTimeout = (callback, delay, ...given) => timeout(typeof callback === 'function' ? counted(callback) : callback, delay, ...given)
  const { prototype } = page.EventTarget
  const listen = prototype.addEventListener
  prototype.addEventListener = function (type, listener, options) {
    listen.call(this, type, typeof listener === 'function' ? counted(listener as () => unknown) : listener, options)
  }
  const close = (): void => {
    page.scriptOfFrames.push(spent)
    spent = 0
    nextFrame(close)
  }
  nextFrame(close)
}

/** Tells the project that its run was embedded, and lays its images out: a heap for each cluster, at random places. */
function addLayout(path: string): void {
  const project = openProject(path)
  try {
    const layoutPath = join(project.folder.embeddings, `${runId}.layout.f32`)
    if (existsSync(layoutPath)) return
    project.connection.sql
      .prepare("INSERT INTO stages (run_id, name, position, state, result_file) VALUES (?, 'embed', 1, 'completed', ?)")
      .run(runId, `embeddings/${runId}.f32`)
    const random = createRandom(3)
    const heaps = Array.from({ length: largeClusterCount }, () => [random.uniform() * 2 - 1, random.uniform() * 2 - 1])
    const clusterIds = project.clusterings.columns(project.project.currentClusteringId()!).clusterIds
    const positions = new Float32Array(2 * clusterIds.length)
    clusterIds.forEach((clusterId, row) => {
      const [x, y] = heaps[clusterId % heaps.length]
      positions[2 * row] = x + 0.12 * random.normal()
      positions[2 * row + 1] = y + 0.12 * random.normal()
    })
    writeFileSync(layoutPath, new Uint8Array(positions.buffer))
  } finally {
    project.close()
  }
}

function residentMegabytes(processId: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) / 1024
}
