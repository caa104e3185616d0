import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createProject, openProject } from '#engine/database/project.ts'
import { createEngine, type Engine } from '#engine/engine.ts'
import { exportProject } from '#main/cli/commands/export.ts'
import type { Session } from '#main/cli/session.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import { exportRequestSchema } from '#shared/contract/exports.ts'
import { makeImage } from '../exporting/dataset-fixture.ts'
import { addClustering } from '../project-content.ts'
import { makeTemporaryFolder, untilAtRest } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let engine: Engine
let client: EngineClient
const place = (...parts: string[]): string => join(folder.path, ...parts)

beforeEach(async () => {
  folder = await makeTemporaryFolder()
  engine = createEngine({ reportBug: (error) => console.error(error) })
  client = createEngineClient((request) => engine.handle(request))
})
afterEach(async () => {
  await engine.close()
  await folder.remove()
})

/** A project of six images in two clusters, then two files removed and one overwritten. */
async function makeProject(): Promise<void> {
  mkdirSync(place('images'))
  const rows = await Promise.all(Array.from({ length: 6 }, (_, index) => makeImage(place('images'), `${index}.png`, index)))
  const project = createProject(place('p'))
  const rootId = project.project.addRoot(place('images'))
  const imageIds = project.images.save(
    rows.map(({ relativePath, contentHash, sizeBytes, widthPx, heightPx, format }, pixelRow) => ({
      ...{ rootId, path: relativePath, contentHash, sizeBytes, modifiedAt: 1, widthPx, heightPx, format, status: 'ok' as const, pixelRow },
      ...{ problemCode: null, reason: null, perceptualHash: null, thumbnailOffset: null, thumbnailLength: null },
    })),
  )
  addClustering(project, { imageIds, clusters: [0, 0, 0, 1, 1, 1] })
  project.close()
  for (const name of ['0.png', '4.png']) rmSync(place('images', name))
  writeFileSync(place('images', '5.png'), 'something else')
}

it('says which images an export left out because of their files, and keeps that with the export', async () => {
  await makeProject()
  await client.project.open({ path: place('p') })
  const said: string[] = []
  const results: unknown[] = []
  const output = {
    isJson: false,
    say: (line: string) => void said.push(line),
    result: (_: string, value: unknown, text: string) => void results.push(value, text),
    ...{ progress: () => undefined, progressDone: () => undefined, error: () => undefined },
  }
  const follow: Session['follow'] = async (job) => void (await untilAtRest(client, job.id))
  const session = { client, handle: engine.handle, output, follow }
  const flags = { format: 'imagefolder', out: place('dataset'), transfer: 'copy', seed: 0, minConfidence: 0, minPurity: 0 } as const
  await exportProject(session, flags)

  const problems = { missing: 2, unreadable: 0, changed: 1, copiedInsteadOfLinked: 0 }
  expect(said).toEqual(['Left out: 2 images, not there any more', 'Left out: 1 image, changed since the import'])
  expect(results).toEqual([
    { out: place('dataset'), count: 3, sizeBytes: expect.any(Number), problems },
    `3 images in 2 classes: ${place('dataset')}`,
  ])
  expect(readdirSync(place('dataset'), { recursive: true }).filter((name) => String(name).endsWith('.png'))).toHaveLength(3)
  expect((await client.exports.list())[0]).toMatchObject({ state: 'completed', imageCount: 3, problems })

  // As when the process died between the last rename and this row: what was left out is in the manifest.
  await client.project.close()
  const project = openProject(place('p'))
  const request = exportRequestSchema.parse({ ...flags, clustersAsClasses: true })
  const { id: exportId } = project.exports.begin('imagefolder', request.out, request)
  const { id: jobId } = project.jobs.add('export', { exportId, request })
  for (const kind of ['starting', 'running', 'interrupted'] as const) project.jobs.transition(jobId, { kind })
  project.close()
  await client.project.open({ path: place('p') })
  await client.jobs.resume({ jobId })
  expect((await untilAtRest(client, jobId)).state).toEqual({ kind: 'completed' })
  expect((await client.exports.list())[0]).toMatchObject({ id: exportId, state: 'completed', imageCount: 3, problems })
})
