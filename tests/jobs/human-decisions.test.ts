import { mkdirSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import { humanDecisions } from '#engine/jobs/human-decisions.ts'
import { keepRunDecisions, readRunDecisions } from '#engine/jobs/run-decisions.ts'
import type { ClassId, ClusterId, ImageId } from '#shared/entities.ts'
import { addClustering, addImages } from '../project-content.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let project: OpenProject
let images: ImageId[]
let clusters: ClusterId[]
beforeEach(async () => {
  folder = await makeTemporaryFolder()
  project = createProject(`${folder.path}/p`)
  images = addImages(project, 9)
  addClustering(project, { imageIds: images, clusters: [0, 0, 0, 1, 1, 1, 2, 2, 2] })
  clusters = project.clusters.list().map(({ id }) => id)
})
afterEach(async () => {
  project.close()
  await folder.remove()
})

const decided = () =>
  Object.fromEntries(Object.entries(humanDecisions(project, images)).map(([name, values]) => [name, [...values].join(' ')]))

it('tells the clusters that grew by themselves from the images that a person moved there', () => {
  project.edits.apply({ kind: 'moveImages', imageIds: images.slice(3, 5), clusterId: clusters[0]! })
  project.edits.apply({ kind: 'confirmImages', imageIds: [images[0]!] })
  expect(decided()).toMatchObject({ previousClusters: '0 0 0 -1 -1 1 2 2 2', humanClusters: '0 -1 -1 0 0 -1 -1 -1 -1' })
})

it('knows a cluster that a person made by the images that they put there', () => {
  project.edits.apply({ kind: 'createCluster', name: 'odd', imageIds: images.slice(2, 4) })
  project.edits.apply({ kind: 'mergeClusters', from: [clusters[2]!], into: clusters[1]! })
  expect(decided()).toMatchObject({ previousClusters: '0 0 1 1 2 2 -1 -1 -1', humanClusters: '-1 -1 1 1 -1 -1 2 2 2' })
})

it('takes a label, else an imported one, else the class of the cluster', () => {
  const [apple, pear] = ['apple', 'pear'].map((name) => {
    project.edits.apply({ kind: 'createClass', name })
    return project.classes.named(name)!.id
  }) as [ClassId, ClassId]
  project.edits.apply({ kind: 'mapCluster', clusterId: clusters[1]!, classId: apple })
  project.edits.apply({ kind: 'labelImages', imageIds: images.slice(4, 8), classId: pear, source: 'imported' })
  project.edits.apply({ kind: 'labelImages', imageIds: [images[7]!], classId: apple })
  expect(decided()).toMatchObject({ knownClasses: '-1 -1 -1 0 1 1 1 0 -1', humanLabels: '-1 -1 -1 -1 1 1 1 0 -1' })
})

it('hears nothing of a rejected image', () => {
  project.edits.apply({ kind: 'moveImages', imageIds: images.slice(3, 5), clusterId: clusters[0]! })
  project.edits.apply({ kind: 'rejectImages', imageIds: [images[3]!] })
  expect(decided()).toMatchObject({ previousClusters: '0 0 0 -1 -1 1 2 2 2', humanClusters: '-1 -1 -1 -1 0 -1 -1 -1 -1' })
})

it('is kept for a run as it was when the run was made, and can be obeyed again by another', () => {
  project.edits.apply({ kind: 'moveImages', imageIds: images.slice(3, 5), clusterId: clusters[0]! })
  const then = humanDecisions(project, images)
  const newRun = (imageIds: readonly ImageId[]) => {
    const about = { name: 'r', recipe: {}, seed: 1, clusterCount: 3, imageSizePx: 32, versions: {}, backendChoice: 'cpu', stages: [] }
    const { id } = project.runs.create({ ...about, imageIds })
    mkdirSync(project.folder.run(id), { recursive: true })
    return id
  }
  const [first, again, fewer] = [newRun(images), newRun(images), newRun(images.slice(2, 5))]
  keepRunDecisions(project, first)
  project.edits.apply({ kind: 'moveImages', imageIds: images, clusterId: clusters[1]! })
  expect(readRunDecisions(project, first)).toEqual(then)
  keepRunDecisions(project, again, first)
  expect(readRunDecisions(project, again)).toEqual(then)
  keepRunDecisions(project, fewer, first)
  expect([...readRunDecisions(project, fewer).humanClusters]).toEqual([-1, 0, 0])
  rmSync(project.folder.run(first), { recursive: true })
  expect(() => readRunDecisions(project, first)).toThrow(expect.objectContaining({ code: 'PROJECT_DAMAGED' }))
})
