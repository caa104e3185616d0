import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProject, type OpenProject, openProject } from '#engine/database/project.ts'
import type { AuditId, ClassId, ClusterId, ClusteringId, ImageId } from '#shared/entities.ts'
import { addClustering, addImages } from '../project-content.ts'

let folder: string
let project: OpenProject
let images: ImageId[]
let clusteringId: ClusteringId
let [cat, dog] = [0, 0] as ClassId[] as [ClassId, ClassId]
let clusters: ClusterId[]
let auditId: AuditId

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-audits-'))
  project = createProject(join(folder, 'p'))
  images = addImages(project, 12)
  // Images 0, 3, 6, 9 are cats of one cluster, 1, 4, 7, 10 cats of another, the others dogs.
  clusteringId = addClustering(project, { imageIds: images, clusters: images.map((_, row) => row % 3) }).id
  clusters = project.clusterings.clusterIds(clusteringId)
  project.edits.apply({ kind: 'createClass', name: 'cat' }, { kind: 'createClass', name: 'dog' })
  cat = project.classes.named('cat')!.id
  dog = project.classes.named('dog')!.id
  const classOf = [cat, cat, dog]
  project.edits.apply(...clusters.map((clusterId, index) => ({ kind: 'mapCluster' as const, clusterId, classId: classOf[index]! })))
  auditId = project.audits.require(clusteringId, cat)
})
afterEach(() => {
  project.close()
  rmSync(folder, { recursive: true })
})

/** Row -> whether it was right, null for one that was not looked at. */
const members = (classId = cat): Record<number, boolean | null> =>
  Object.fromEntries(project.audits.members(clusteringId, classId).map(({ imageId, isRight }) => [images.indexOf(imageId), isRight]))
const look = (row: number, isRight: boolean): void =>
  void project.edits.apply({ kind: 'auditImages', auditId, imageIds: [images[row]!], isRight })

test('an audit is about the images whose label no person gave, and keeps answers over restart, undo and redo', () => {
  const all = { 0: null, 1: null, 3: null, 4: null, 6: null, 7: null, 9: null, 10: null }
  expect(members()).toEqual(all)
  project.edits.apply({ kind: 'labelImages', imageIds: [images[0]!], classId: cat })
  project.edits.apply({ kind: 'rejectImages', imageIds: [images[1]!] })
  const { 0: _, 1: __, ...left } = all
  expect(members()).toEqual(left)
  look(3, true)
  look(4, false)
  const answered = { ...left, 3: true, 4: false }
  expect(members()).toEqual(answered)
  const path = project.folder.path
  project.close()
  project = openProject(path)
  expect(members()).toEqual(answered)
  project.edits.undo()
  expect(members()).toEqual({ ...left, 3: true })
  project.edits.redo()
  expect(members()).toEqual(answered)
  project.edits.apply({ kind: 'forgetAudit', auditId })
  expect(members()).toEqual(left)
})

test('what a person says of one image that was looked at leaves it in the sample: confirmed right, corrected or moved wrong', () => {
  look(0, true)
  project.edits.apply({ kind: 'confirmImages', imageIds: [images[0]!] })
  look(3, false)
  project.edits.apply({ kind: 'labelImages', imageIds: [images[3]!], classId: dog })
  look(6, false)
  project.edits.apply({ kind: 'rejectImages', imageIds: [images[6]!] })
  look(9, false)
  project.edits.apply({ kind: 'moveImages', imageIds: [images[9]!], clusterId: clusters[2]! })
  // A change of mind counts, too.
  look(1, true)
  project.edits.apply({ kind: 'labelImages', imageIds: [images[1]!], classId: dog })
  expect(members()).toEqual({ 0: true, 1: false, 3: false, 4: null, 6: false, 7: null, 9: false, 10: null })
  expect(members(dog)).toEqual({ 2: null, 5: null, 8: null, 9: null, 11: null })
})

test('a cluster that goes to another class takes its answers along, and brings its images', () => {
  look(0, false)
  look(1, true)
  project.edits.apply({ kind: 'mapCluster', clusterId: clusters[0]!, classId: dog })
  expect(members()).toEqual({ 1: true, 4: null, 7: null, 10: null })
  expect(Object.keys(members(dog))).toHaveLength(8)
  project.edits.apply({ kind: 'mapCluster', clusterId: clusters[0]!, classId: cat })
  expect(members()).toMatchObject({ 0: false, 1: true })
  project.edits.apply({ kind: 'mergeClusters', from: [clusters[1]!], into: clusters[0]! })
  expect(members()).toEqual({ 0: false, 1: true, 3: null, 4: null, 6: null, 7: null, 9: null, 10: null })
})

test('an imported label counts as one that no person gave here', () => {
  project.edits.apply({ kind: 'labelImages', imageIds: [images[2]!, images[0]!], classId: cat, source: 'imported' })
  project.edits.apply({ kind: 'labelImages', imageIds: [images[1]!], classId: dog, source: 'imported' })
  expect(members()).toEqual({ 0: null, 2: null, 3: null, 4: null, 6: null, 7: null, 9: null, 10: null })
  expect(project.audits.machineCounts()).toEqual(
    new Map([
      [cat, 8],
      [dog, 4],
    ]),
  )
})

test('another clustering begins another audit; the one before has its answers back when it is looked at again', () => {
  look(0, true)
  const later = addClustering(project, { imageIds: images, clusters: images.map((_, row) => row % 3), carriedOver: clusters })
  expect(project.audits.members(later.id, cat).every(({ isRight }) => isRight === null)).toBe(true)
  expect(project.audits.earlierLooks(later.id)).toEqual(new Map([[cat, 1]]))
  project.clusterings.setCurrent(clusteringId)
  expect(members()[0]).toBe(true)
})
