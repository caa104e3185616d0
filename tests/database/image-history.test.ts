import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readImageHistory } from '#engine/database/image-history.ts'
import { createProject } from '#engine/database/project.ts'
import { addClustering, addImages } from '../project-content.ts'

test('tells what was done with an image and the class of its cluster, latest first, without what was undone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-history-'))
  const project = createProject(join(folder, 'p'))
  const ids = addImages(project, 6)
  addClustering(project, { imageIds: ids, clusters: [0, 0, 0, 1, 1, 1] })
  const [first, second] = project.clusters.list().map(({ id }) => id)
  const of = (place: number) =>
    readImageHistory(project.connection, ids[place]!, place < 3 ? first! : second!).map(({ at: _, ...entry }) => entry)
  expect(of(0)).toEqual([])

  project.edits.apply({ kind: 'createClass', name: 'apple' })
  const [apple] = project.classes.list().map(({ id }) => id)
  project.edits.apply({ kind: 'moveImages', imageIds: ids.slice(0, 2), clusterId: second! })
  project.edits.apply({ kind: 'labelImages', imageIds: [ids[0]!], classId: apple!, source: 'human' })
  project.edits.apply({ kind: 'mapCluster', clusterId: first!, classId: apple! })
  project.edits.apply({ kind: 'rejectImages', imageIds: [ids[1]!] })
  expect(of(0)).toEqual([
    { kind: 'mapCluster', clusterId: first, classId: apple },
    { kind: 'labelImages', clusterId: null, classId: apple },
    { kind: 'moveImages', clusterId: second, classId: null },
  ])
  expect(of(1).map(({ kind }) => kind)).toEqual(['rejectImages', 'mapCluster', 'moveImages'])
  expect(of(2).map(({ kind }) => kind)).toEqual(['mapCluster'])
  expect(of(3)).toEqual([])
  project.edits.undo()
  project.edits.undo()
  expect(of(1).map(({ kind }) => kind)).toEqual(['moveImages'])
  project.close()
  rmSync(folder, { recursive: true })
})
