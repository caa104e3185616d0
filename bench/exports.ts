import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createEngine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import { isAtRest } from '#shared/jobs.ts'
import { option } from './arguments.ts'
import { makeLargeProject } from './large-project.ts'
import { loadNow, writeResults } from './result-table.ts'

// Whether the engine answers while exports of a large project are planned and written:
// node scripts/bench.mjs exports [--project FOLDER.spicerack] [--images 1000000]

type ExportRequest = Parameters<EngineClient['exports']['plan']>[0]

const imageCount = Number(option('images', '1000000'))
/** Between two questions of somebody else. */
const restMs = 5

const loadBefore = loadNow()
const folder = mkdtempSync(join(tmpdir(), 'spicerack-exports-'))
const projectPath = await makeLargeProject(option('project', join(folder, 'large.spicerack')), imageCount)
const engine = createEngine({ reportBug: console.error })
const client = createEngineClient((request) => engine.handle(request))
await client.project.open({ path: projectPath })
const [{ id: clusterId }] = await client.clusters.list()
await client.images.order({ filter: { status: 'ok' }, sort: 'typical' })
await setTimeout(4000)

const milliseconds = (value: number): string => `${value.toFixed(0)} ms`
const rows: string[][] = []

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** An image, the order of a cluster, an edit and its undo. */
const questions = [
  (turn: number) => client.images.get({ imageId: ((turn * 7919) % imageCount) + 1 }),
  () => client.images.order({ filter: { status: 'ok', clusterId }, sort: 'typical' }),
  (turn: number) => client.clusters.rename({ clusterId, name: `Turn ${turn}` }),
  () => client.edits.undo(),
] as const

/** Does the work, and notes how long it took and how long others waited meanwhile at most. */
async function measure(title: string, work: () => Promise<unknown>): Promise<void> {
  let isDone = false
  const waits: number[] = []
  const asking = (async () => {
    for (let turn = 0; !isDone; turn++) {
      // Counted from when it is due: what holds the thread up delays the timer too.
      const dueAt = performance.now() + restMs
      await setTimeout(restMs)
      await questions[turn % questions.length](turn)
      waits.push(performance.now() - dueAt)
    }
  })()
  let longestMs = 0
  let spent = process.threadCpuUsage()
  const watch = setInterval(() => {
    const { user, system } = process.threadCpuUsage(spent)
    longestMs = Math.max(longestMs, (user + system) / 1000)
    spent = process.threadCpuUsage()
  }, 1)
  const tookMs = await time(work)
  clearInterval(watch)
  isDone = true
  await asking
  const over = waits.filter((wait) => wait > 50).length
  rows.push([title, milliseconds(tookMs), `${waits.length}`, milliseconds(Math.max(...waits)), `${over}`, milliseconds(longestMs)])
  console.log(rows.at(-1)?.join(' · '))
}

const out = join(folder, 'dataset')
const split = { train: 0.8, val: 0.1, test: 0.1 }
const plan = (request: Omit<ExportRequest, 'out'>) => () => client.exports.plan({ ...request, out, clustersAsClasses: true })

async function write(request: Omit<ExportRequest, 'out'>): Promise<void> {
  const { id } = await client.exports.start({ ...request, out, clustersAsClasses: true })
  for await (const event of await client.jobs.events({ jobId: id })) if (event.type === 'state' && isAtRest(event.state.kind)) break
  const job = (await client.jobs.list()).find((each) => each.id === id)
  if (job?.state.kind !== 'completed') throw new Error(JSON.stringify(job?.state))
}

await measure('nothing, for 30 s', () => setTimeout(30_000))
await measure('plan: ImageFolder, divided', plan({ format: 'imagefolder', split }))
await measure('plan: CSV', plan({ format: 'csv' }))
await measure('write: CSV, divided', () => write({ format: 'csv', split }))

await engine.close()
rmSync(folder, { recursive: true, force: true })
writeResults({
  name: 'exports',
  title: `Exports of ${imageCount.toLocaleString('en')} images`,
  notes: [
    'A project of synthetic rows. While an export is planned or written somebody else asks for an image, for the order of a cluster, for an edit and for its undo, one after the other, and waits as long as the table says at most.',
    'Longest turn of the processor: the most processor time that the thread of the engine took between two turns of a timer of 1 ms, those questions included; other programs that take the processor away make waits longer, but not this.',
  ],
  header: ['work', 'took', 'questions meanwhile', 'longest wait', 'waits over 50 ms', 'longest turn of the processor'],
  rows,
  loadBefore,
  versions: `SQLite through better-sqlite3`,
})
