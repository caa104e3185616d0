import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import type { ImageId } from '#shared/entities.ts'
import { addClustering, addImages } from '../project-content.ts'

let folder: string
let project: OpenProject
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-map-columns-'))
  project = createProject(join(folder, 'columns.spicerack'))
})
afterEach(() => {
  project.close()
  rmSync(folder, { recursive: true })
})

const bandOf = (id: ImageId): number =>
  (['reliable', 'doubtful', 'rejected'] as const).findIndex((band) => project.pages.count({ band, text: pathOf(id) }) > 0)
const pathOf = (id: ImageId): string => project.images.get(id).path

test('says of each image what its page says, in the order asked', async () => {
  const ids = addImages(project, 12)
  addClustering(project, {
    imageIds: ids.slice(0, 10),
    clusters: ids.slice(0, 10).map((_, row) => row % 3),
    confidences: ids.slice(0, 10).map((_, row) => row / 10),
    reliable: ids.slice(0, 10).map((_, row) => row % 2),
  })
  const [one, other] = project.clusters.list().map(({ id }) => id)
  const named = (name: string) => project.edits.apply({ kind: 'createClass', name })
  named('apple')
  named('pear')
  const [apple, pear] = project.classes.list().map(({ id }) => id)
  project.edits.apply({ kind: 'moveImages', imageIds: [ids[0]!], clusterId: other! })
  project.edits.apply({ kind: 'rejectImages', imageIds: [ids[3]!] })
  project.edits.apply({ kind: 'labelImages', imageIds: [ids[4]!, ids[11]!], classId: pear! })
  project.edits.apply({ kind: 'mapCluster', clusterId: one!, classId: apple! })

  const asked = [ids[11]!, ...ids.slice(0, 11)]
  const { imageIds, ...columns } = await project.mapColumns.read(asked)
  expect([...imageIds]).toEqual(asked)
  const sources = [null, 'human', 'imported', 'mapping']
  expect(Array.from(imageIds, (_, row) => Object.values(columns).map((column) => column[row]))).toEqual(
    asked.map((id) => {
      const { assignment, classId, labelSource } = project.pages.get(id)
      const confidence = assignment ? Math.fround(assignment.confidence) : Number.NaN
      return [assignment?.clusterId ?? -1, classId ?? -1, confidence, assignment ? bandOf(id) : 3, sources.indexOf(labelSource)]
    }),
  )
})

test('reads any number of images part by part, and lets others in between', async () => {
  const ids = addImages(project, 45_001)
  addClustering(project, { imageIds: ids, clusters: ids.map((_, row) => row % 7) })
  let turns = 0
  let isOver = false
  const countTurn = (): void => {
    turns += 1
    if (!isOver) setImmediate(countTurn)
  }
  setImmediate(countTurn)
  const { clusterIds, confidences } = await project.mapColumns.read(ids)
  isOver = true
  const expected = project.clusters.list().map(({ id }) => id)
  expect(clusterIds.every((clusterId, row) => clusterId === expected[row % 7])).toBe(true)
  expect(confidences.every((confidence) => confidence === 0.5)).toBe(true)
  expect(turns).toBeGreaterThan(0)
  expect((await project.mapColumns.read([])).imageIds.length).toBe(0)
})
