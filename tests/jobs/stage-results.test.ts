import { afterEach, beforeEach, expect, it } from 'vitest'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import { saveStageResult } from '#engine/jobs/stage-results.ts'
import type { ClusterId, ImageId } from '#shared/entities.ts'
import { addClustering, addImages } from '../project-content.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let project: OpenProject
let images: ImageId[]
let clusters: ClusterId[]

beforeEach(async () => {
  folder = await makeTemporaryFolder()
  project = createProject(`${folder.path}/p`)
  images = addImages(project, 12)
  addClustering(project, { imageIds: images, clusters: [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2] })
  clusters = project.clusters.list().map(({ id }) => id)
  project.edits.apply({ kind: 'renameCluster', clusterId: clusters[1]!, name: 'limes' })
  project.edits.apply({ kind: 'recolourCluster', clusterId: clusters[1]!, colour: '#00aa00' })
})
afterEach(async () => {
  project.close()
  await folder.remove()
})

/** The stage "self" of a new run finds these clusters; their identities by index. */
function findClusters(found: readonly number[]): ClusterId[] {
  const clusterCount = Math.max(...found) + 1
  const { id } = project.runs.create({
    ...{
      name: 'next',
      recipe: {},
      seed: 1,
      clusterCount,
      imageIds: images,
      imageSizePx: 32,
      versions: {},
      backendChoice: 'cpu',
      stages: ['self'],
    },
  })
  const clustering = { clusterCount, clusters: Int32Array.from(found), confidences: new Float32Array(found.length).fill(0.9) }
  const headAgreements = Float32Array.from(found, (_, image) => image / 16)
  const outcome = {
    state: 'completed',
    backend: 'cpu',
    choices: [{ kind: 'clusters', kept: 'graph', graph: 0.7, head: 0.6 }],
    result: { stage: 'self', clustering, heads: [], bestHead: 0, headAgreements, advice: [] },
  } as const
  project.runs.changeStage(id, 'self', { state: 'running', step: 7, totalSteps: 8 })
  saveStageResult(project, id, outcome)
  // Said twice, as after a kill at the wrong moment, it is kept once.
  saveStageResult(project, id, outcome)
  const [newest, ...older] = project.clusterings.list()
  expect([newest!.runId, newest!.isCurrent, older.some(({ runId }) => runId === id)]).toEqual([id, true, false])
  expect([...project.headAgreements.all(id)]).toEqual(images.map((imageId, image) => [imageId, image / 16]))
  expect(project.runs.get(id).stages).toMatchObject([{ state: 'completed', step: 8, totalSteps: 8 }])
  expect(project.runs.get(id).choices).toEqual(outcome.choices)
  expect(project.headAgreements.get(id, images[4]!)).toBe(0.25)
  return project.clusterings.clusterIds(newest!.id)
}
const shown = (id: ClusterId) => project.clusters.list().find((cluster) => cluster.id === id)

it('a cluster found again under another number keeps its id, name and colour', () => {
  expect(findClusters([1, 1, 1, 1, 2, 2, 2, 0, 0, 0, 0, 0])).toEqual([clusters[2], clusters[0], clusters[1]])
  expect(shown(clusters[1]!)).toMatchObject({ name: 'limes', colour: '#00aa00', imageCount: 3 })
})

it('with more clusters, those that continue one keep it and the others are new', () => {
  const ids = findClusters([0, 0, 0, 0, 1, 1, 1, 3, 2, 2, 4, 4])
  expect(ids.slice(0, 2)).toEqual([clusters[0], clusters[1]])
  expect([ids[2], ids[4]]).toContain(clusters[2])
  expect(clusters).not.toContain(ids[3])
  expect(new Set(ids).size).toBe(5)
  expect(project.clusters.list().map(({ id }) => id)).toEqual([...new Set(ids)].sort((a, b) => a - b))
})

it('with fewer clusters, the one that overlaps most goes on, and the others are not shown any more', () => {
  expect(findClusters([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1])).toEqual([clusters[0], clusters[2]])
  expect(shown(clusters[1]!)).toBeUndefined()
  // Found again later, it is what it was.
  project.clusterings.setCurrent(project.clusterings.list().at(-1)!.id)
  expect(shown(clusters[1]!)).toMatchObject({ name: 'limes' })
})

it('a cluster that was merged away lives on in the one it was merged into', () => {
  project.edits.apply({ kind: 'mergeClusters', from: [clusters[0]!], into: clusters[1]! })
  const ids = findClusters([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
  expect(ids).toEqual([clusters[1], clusters[2]])
  expect(shown(clusters[1]!)).toMatchObject({ name: 'limes', imageCount: 8 })
  // Found apart again, both halves stay where the person put them together.
  project.clusterings.setCurrent(project.clusterings.list().at(-1)!.id)
  expect(findClusters([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])[1]).toBe(clusters[1])
  expect(shown(clusters[1]!)).toMatchObject({ name: 'limes', imageCount: 8 })
})

it('a cluster that a person made goes on when it is found', () => {
  project.edits.apply({ kind: 'createCluster', name: 'odd', imageIds: images.slice(2, 4) })
  const odd = project.clusters.list().at(-1)!.id
  expect(findClusters([0, 0, 3, 3, 1, 1, 1, 1, 2, 2, 2, 2])).toEqual([clusters[0], clusters[1], clusters[2], odd])
  expect(shown(odd)).toMatchObject({ name: 'odd', index: 3, imageCount: 2 })
})

it('a cluster that a person made keeps its images when it is not found', () => {
  project.edits.apply({ kind: 'createCluster', name: 'odd', imageIds: images.slice(2, 4) })
  const odd = project.clusters.list().at(-1)!.id
  expect(findClusters([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])).toEqual(clusters)
  expect(shown(odd)).toMatchObject({ name: 'odd', index: null, imageCount: 2 })
  const clustering = project.clusterings.list()[0]!
  expect(project.contradictions.counts(clustering.id)).toEqual({ open: 2, settled: 0 })
})
