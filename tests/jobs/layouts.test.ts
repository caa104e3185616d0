import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import { createLayouts, type Layouts } from '#engine/jobs/layouts.ts'
import { createRandom } from '#engine/ml/random.ts'
import type { RunId } from '#shared/entities.ts'
import { addImages } from '../project-content.ts'

const imageCount = 60
const entry = new URL('../../src-main/engine/worker/layout-process.ts', import.meta.url)
const killed = new URL('./killed-layout.ts', import.meta.url)

let folder: string
let project: OpenProject
let runId: RunId
let open: Layouts[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-layouts-'))
  project = createProject(join(folder, 'plane.spicerack'))
  const run = project.runs.create({
    ...{ name: 'test', recipe: {}, seed: 1, clusterCount: 2, imageIds: addImages(project, imageCount), imageSizePx: 32, versions: {} },
    ...{ backendChoice: 'cpu', stages: ['embed'] },
  })
  runId = run.id
  open = []
})
afterEach(async () => {
  await Promise.all(open.map((layouts) => layouts.close()))
  project.close()
  rmSync(folder, { recursive: true, maxRetries: 5 })
})

function layoutsOf(program: URL): Layouts {
  const layouts = createLayouts(project, program)
  open.push(layouts)
  return layouts
}

/** Two heaps of rows of 16 numbers, and the stage that made them. */
function embed(): void {
  const random = createRandom(1)
  const values = Float32Array.from({ length: imageCount * 16 }, (_, place) => random.normal() + (place % 32 < 16 ? 4 : -4))
  writeFileSync(join(project.folder.embeddings, `${runId}.f32`), new Uint8Array(values.buffer))
  project.runs.changeStage(runId, 'embed', { state: 'completed', resultFile: `embeddings/${runId}.f32` })
}

const atRest = (layouts: Layouts) => expect.poll(() => layouts.stateOf(runId).kind, { timeout: 60_000, interval: 50 }).not.toBe('computing')

function bytesOf(layouts: Layouts): Buffer {
  const state = layouts.stateOf(runId)
  if (state.kind !== 'ready') throw new Error(`The layout is ${state.kind}.`)
  return layouts.read(runId, state.url.split('/').at(-1)!)!
}

test('waits for an embedding, then lays each image out, alike ones together, the same way each time', async () => {
  const layouts = layoutsOf(entry)
  layouts.compute(runId)
  expect(layouts.stateOf(runId)).toEqual({ kind: 'noEmbedding' })
  embed()
  expect(layouts.stateOf(runId)).toEqual({ kind: 'absent' })
  layouts.compute(runId)
  expect(layouts.stateOf(runId)).toMatchObject({ kind: 'computing', secondsLeft: null })
  await atRest(layouts)
  const bytes = bytesOf(layouts)
  const positions = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  const distance = (one: number, other: number) =>
    Math.hypot(positions[2 * one] - positions[2 * other], positions[2 * one + 1] - positions[2 * other + 1])
  const pairs = Array.from({ length: imageCount }, (_, row) => row).flatMap((row) =>
    Array.from({ length: row }, (_, other) => [row, other] as const),
  )
  const mean = (kind: 0 | 1) => {
    const some = pairs.filter(([row, other]) => (row + other) % 2 === kind)
    return some.reduce((sum, [row, other]) => sum + distance(row, other), 0) / some.length
  }
  expect(mean(0)).toBeLessThan(0.5 * mean(1))

  rmSync(join(project.folder.embeddings, `${runId}.layout.f32`))
  const again = layoutsOf(entry)
  again.compute(runId)
  await atRest(again)
  expect(bytesOf(again).equals(bytes)).toBe(true)
  expect(again.read(runId, '0000')).toBeUndefined()
})

test('says why a process died, with the tail of its stderr, and does it all the same when asked again', async () => {
  embed()
  const dying = layoutsOf(killed)
  dying.compute(runId)
  await atRest(dying)
  expect(dying.stateOf(runId)).toMatchObject({
    kind: 'failed',
    error: { code: 'WORKER_DIED', message: expect.stringMatching(/SIGSEGV[\s\S]*Segmentation fault in a kernel/) },
  })
  dying.compute(runId)
  expect(dying.stateOf(runId).kind).toBe('computing')
  const layouts = layoutsOf(entry)
  layouts.compute(runId)
  await atRest(layouts)
  expect(bytesOf(layouts).length).toBe(imageCount * 8)
})

test('leaves nothing when it is stopped, and takes a file that was cut off for none', async () => {
  embed()
  const layouts = layoutsOf(entry)
  const path = join(project.folder.embeddings, `${runId}.layout.f32`)
  layouts.compute(runId)
  await layouts.cancel(runId)
  expect(layouts.stateOf(runId)).toEqual({ kind: 'absent' })
  expect(readdirSync(project.folder.embeddings)).toEqual([`${runId}.f32`])
  layouts.compute(runId)
  await atRest(layouts)
  expect(existsSync(path)).toBe(true)
  truncateSync(path, imageCount * 8 - 4)
  expect(layoutsOf(entry).stateOf(runId)).toEqual({ kind: 'absent' })
})

test('passes on why it cannot be done', async () => {
  embed()
  truncateSync(join(project.folder.embeddings, `${runId}.f32`), imageCount * 16 * 4 - 3)
  const layouts = layoutsOf(entry)
  layouts.compute(runId)
  await atRest(layouts)
  expect(layouts.stateOf(runId)).toMatchObject({ kind: 'failed', error: { code: 'PROJECT_DAMAGED' } })
})
