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

test('says of each image what its page says, in the order asked', () => {
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
  const { imageIds, ...columns } = project.mapColumns.read(asked)
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

test('gives nothing for nothing, and less of an image that the clustering does not hold', () => {
  const [id] = addImages(project, 1)
  expect(project.mapColumns.read([]).imageIds.length).toBe(0)
  expect(project.mapColumns.read([id!])).toEqual({
    imageIds: Int32Array.of(id!),
    clusterIds: Int32Array.of(-1),
    classIds: Int32Array.of(-1),
    confidences: Float32Array.of(Number.NaN),
    bands: Uint8Array.of(3),
    sources: Uint8Array.of(0),
  })
})
