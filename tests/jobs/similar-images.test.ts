import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createProject } from '#engine/database/project.ts'
import { findSimilarImages } from '#engine/jobs/similar-images.ts'
import { createRandom } from '#engine/ml/random.ts'
import type { ImageId, RunId } from '#shared/entities.ts'
import { addClustering, addImages } from '../project-content.ts'

// More than one piece of the file.
const dimension = 4096
const count = 600

test('finds the images whose vectors are nearest, as comparing with every one does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-similar-'))
  const project = createProject(join(folder, 'p'))
  const ids = addImages(project, count + 1)
  const held = ids.slice(0, count)
  expect(await findSimilarImages(project, ids[0]!, 5)).toEqual([])
  const { runId } = addClustering(project, { imageIds: held, clusters: held.map(() => 0) })
  expect(await findSimilarImages(project, ids[0]!, 5)).toEqual([])

  const random = createRandom(5)
  const vectors = held.map(() => {
    const vector = Float32Array.from({ length: dimension }, (_, place) => (place < 6 ? random.uniform() - 0.5 : 0))
    const length = Math.hypot(...vector.subarray(0, 6))
    return vector.map((value) => value / length)
  })
  const path = join(project.folder.path, 'embeddings', 'run.f32')
  writeFileSync(path, Buffer.concat(vectors.map((vector) => new Uint8Array(vector.buffer))))
  setEmbedding(runId, 'embeddings/run.f32')

  const slow = (from: number) =>
    held
      .map((imageId, row) => ({ imageId, row, similarity: vectors[row]!.reduce((sum, value, at) => sum + value * vectors[from]![at]!, 0) }))
      .filter(({ row }) => row !== from)
      .sort((one, other) => other.similarity - one.similarity || one.row - other.row)
      .slice(0, 7)
  for (const from of [0, 250, count - 1]) {
    const found = await findSimilarImages(project, ids[from]!, 7)
    expect(found.map(({ imageId }) => imageId)).toEqual(slow(from).map(({ imageId }) => imageId))
    for (const [place, { similarity }] of found.entries()) expect(similarity).toBeCloseTo(slow(from)[place]!.similarity, 6)
  }
  expect(await findSimilarImages(project, ids[0]!, 1000)).toHaveLength(count - 1)
  expect(await findSimilarImages(project, ids[count] as ImageId, 5)).toEqual([])
  truncateSync(path, 1000)
  await expect(findSimilarImages(project, ids[0]!, 5)).rejects.toMatchObject({ code: 'PROJECT_DAMAGED' })
  project.close()
  rmSync(folder, { recursive: true })

  function setEmbedding(run: RunId, file: string): void {
    const { sql } = project.connection
    sql.prepare("DELETE FROM stages WHERE run_id = ? AND name = 'embed'").run(run)
    sql.prepare("INSERT INTO stages (run_id, name, position, state, result_file) VALUES (?, 'embed', 1, 'completed', ?)").run(run, file)
  }
})
