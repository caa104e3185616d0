import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import type { ClassId, ClusterId, Clustering, ImageId } from '#shared/entities.ts'
import { addClustering, addImages } from '../project-content.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let project: OpenProject
let images: ImageId[]
let one: ClusterId
let other: ClusterId
let apple: ClassId
let pear: ClassId

const found = [0, 0, 0, 0, 1, 1, 1, 1]

beforeEach(async () => {
  folder = await makeTemporaryFolder()
  project = createProject(`${folder.path}/p`)
  images = addImages(project, found.length)
  addClustering(project, { imageIds: images, clusters: found })
  ;[one, other] = project.clusters.list().map(({ id }) => id) as [ClusterId, ClusterId]
  ;[apple, pear] = ['apple', 'pear'].map((name) => {
    project.edits.apply({ kind: 'createClass', name })
    return project.classes.named(name)!.id
  }) as [ClassId, ClassId]
  project.edits.apply({ kind: 'mapCluster', clusterId: one, classId: apple }, { kind: 'mapCluster', clusterId: other, classId: pear })
})
afterEach(async () => {
  project.close()
  await folder.remove()
})

/** The next run finds the same; every image more surely than the one before it. */
const runAgain = (reliable = found.map(() => 0)): Clustering =>
  addClustering(project, {
    ...{ imageIds: images, clusters: found, carriedOver: [one, other], reliable },
    confidences: found.map((_, index) => (index + 1) / 10),
  })
const open = (clustering: Clustering) => project.contradictions.page(clustering.id, false, 100)
const agreeing = { clusterId: null, classId: null, rejected: false }

test('a clustering is compared with every decision made before it, and with none made after', () => {
  project.edits.apply({ kind: 'moveImages', imageIds: [images[0]!, images[1]!], clusterId: other })
  project.edits.apply({ kind: 'confirmImages', imageIds: [images[2]!] })
  project.edits.apply({ kind: 'labelImages', imageIds: [images[3]!, images[4]!], classId: pear })
  project.edits.apply({ kind: 'labelImages', imageIds: [images[5]!], classId: apple, source: 'imported' })
  project.edits.apply({ kind: 'rejectImages', imageIds: [images[6]!, images[7]!] })
  const clustering = runAgain([0, 0, 0, 0, 0, 0, 1, 0])
  expect(open(clustering)).toEqual([
    { imageId: images[6], ...agreeing, rejected: true, foundClusterId: other, foundClassId: pear, confidence: 0.7 },
    { imageId: images[5], ...agreeing, classId: apple, foundClusterId: other, foundClassId: pear, confidence: 0.6 },
    { imageId: images[3], ...agreeing, classId: pear, foundClusterId: one, foundClassId: apple, confidence: 0.4 },
    { imageId: images[1], ...agreeing, clusterId: other, foundClusterId: one, foundClassId: apple, confidence: 0.2 },
    { imageId: images[0], ...agreeing, clusterId: other, foundClusterId: one, foundClassId: apple, confidence: 0.1 },
  ])
  project.edits.apply({ kind: 'moveImages', imageIds: [images[4]!], clusterId: one })
  expect(open(clustering)).toHaveLength(5)
})

test('a decision that was changed since is not asked about any more', () => {
  project.edits.apply({ kind: 'moveImages', imageIds: images.slice(0, 3), clusterId: other })
  project.edits.apply({ kind: 'labelImages', imageIds: [images[3]!], classId: pear })
  const clustering = runAgain()
  expect(open(clustering)).toHaveLength(4)
  project.edits.apply({ kind: 'moveImages', imageIds: [images[0]!], clusterId: one })
  project.edits.apply({ kind: 'rejectImages', imageIds: [images[1]!] })
  project.edits.apply({ kind: 'unlabelImages', imageIds: [images[3]!] })
  expect(open(clustering).map(({ imageId }) => imageId)).toEqual([images[2]])
  for (let step = 0; step < 3; step++) project.edits.undo()
  expect(open(clustering)).toHaveLength(4)
})

test('"mine" settles it until the next run says so again; "new" lets the run win; both can be undone', () => {
  project.edits.apply({ kind: 'moveImages', imageIds: images.slice(0, 3), clusterId: other })
  project.edits.apply({ kind: 'labelImages', imageIds: [images[2]!], classId: pear })
  const clustering = runAgain()
  const clusterOf = (image: ImageId) => project.pages.get(image)
  expect(clusterOf(images[0]!).assignment?.clusterId).toBe(other)
  project.edits.apply({ kind: 'keepMine', clusteringId: clustering.id, imageIds: images.slice(0, 2) })
  expect(project.contradictions.counts(clustering.id)).toEqual({ open: 1, settled: 2 })
  expect(clusterOf(images[0]!).assignment?.clusterId).toBe(other)
  expect(project.contradictions.page(clustering.id, true, 100).map(({ imageId }) => imageId)).toEqual([images[1], images[0]])

  project.edits.apply({ kind: 'takeNew', clusteringId: clustering.id, imageIds: images.slice(1, 4) })
  expect(project.contradictions.counts(clustering.id)).toEqual({ open: 0, settled: 1 })
  expect([clusterOf(images[1]!), clusterOf(images[2]!)]).toMatchObject([
    { placed: false, classId: apple, labelSource: 'mapping', assignment: { clusterId: one } },
    { placed: false, classId: apple, labelSource: 'mapping', assignment: { clusterId: one } },
  ])
  project.edits.undo()
  expect(clusterOf(images[2]!)).toMatchObject({ placed: true, classId: pear, labelSource: 'human', assignment: { clusterId: other } })
  project.edits.undo()
  expect(project.contradictions.counts(clustering.id)).toEqual({ open: 3, settled: 0 })
  project.edits.redo()
  expect(project.contradictions.counts(runAgain().id)).toEqual({ open: 3, settled: 0 })
})

test('pages put together are the whole list, surest first', () => {
  project.edits.apply({ kind: 'moveImages', imageIds: images.slice(0, 4), clusterId: other })
  project.edits.apply({ kind: 'moveImages', imageIds: images.slice(4), clusterId: one })
  const clustering = addClustering(project, { imageIds: images, clusters: found, carriedOver: [one, other] })
  const pages: ImageId[][] = []
  for (let last: { confidence: number; imageId: ImageId } | undefined; ; ) {
    const page = project.contradictions.page(clustering.id, false, 3, last)
    if (page.length === 0) break
    pages.push(page.map(({ imageId }) => imageId))
    last = page.at(-1)
  }
  expect(pages.map(({ length }) => length)).toEqual([3, 3, 2])
  expect(pages.flat()).toEqual(images)
})
