import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ImageFilter } from '#engine/database/image-pages.ts'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import type { ClassId, ClusterId, Image, ImageId } from '#shared/entities.ts'
import { addClustering, addImages } from '../project-content.ts'

const imageCount = 40
let folder: string
let project: OpenProject
let imageIds: ImageId[]
let clusterIds: ClusterId[]
let classIds: ClassId[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-orders-'))
  project = createProject(join(folder, 'p'))
  imageIds = addImages(project, imageCount)
  // Equal confidences, and images that the clustering does not hold.
  const members = imageIds.filter((id) => id % 7 !== 0)
  addClustering(project, {
    imageIds: members,
    clusters: members.map((id) => id % 3),
    confidences: members.map((id) => (id % 5) / 4),
    reliable: members.map((id) => id % 2),
  })
  clusterIds = project.clusters.list().map(({ id }) => id)
  for (const name of ['apple', 'pear']) project.edits.apply({ kind: 'createClass', name })
  classIds = project.classes.list().map(({ id }) => id)
  project.images.setStatus(imageIds.slice(0, 3), 'missing', 'vanished', 'gone')
  project.images.setDuplicateGroups('near', [imageIds.slice(5, 9)])
})
afterEach(() => {
  project.close()
  rmSync(folder, { recursive: true })
})

const bandNames = ['reliable', 'doubtful', 'rejected'] as const
const bandOf = ({ assignment, placed, rejected, labelSource }: Image): number =>
  rejected ? 2 : assignment?.reliable || placed || labelSource === 'human' || labelSource === 'imported' ? 0 : 1

/** The same by looking at every image, as pages give them. */
function slowOrder(filter: ImageFilter, sort: 'typical' | 'uncertain' | 'path' | 'id', descending: boolean) {
  const { images } = project.pages.page({ filter, limit: imageCount })
  const rank = (image: Image): (number | string)[] => {
    const confidence = image.assignment?.confidence
    if (sort === 'typical') return [bandOf(image), confidence === undefined ? -2 : -confidence, image.id]
    if (sort === 'uncertain') return [confidence ?? 2, image.id]
    return sort === 'path' ? [image.path, image.id] : [image.id]
  }
  const sorted = images
    .map((image) => ({ image, rank: rank(image) }))
    .sort((one, other) => {
      const place = one.rank.findIndex((value, index) => value !== other.rank[index])
      return place < 0 ? 0 : one.rank[place]! < other.rank[place]! ? -1 : 1
    })
    .map(({ image }) => image)
  if (descending) sorted.reverse()
  const counts = new Map<string, number>()
  if (sort === 'typical')
    for (const image of sorted) counts.set(bandNames[bandOf(image)]!, (counts.get(bandNames[bandOf(image)]!) ?? 0) + 1)
  return { ids: sorted.map(({ id }) => id), bands: [...counts].map(([band, count]) => ({ band, count })) }
}

const filters = (): ImageFilter[] => [
  {},
  { status: 'ok' },
  { clusterId: clusterIds[1]! },
  { classId: classIds[0]! },
  { classId: null, reliable: true },
  { rejected: false, band: 'reliable' },
  { band: 'doubtful' },
  { minConfidence: 0.25, maxConfidence: 0.75 },
  { text: '3.PNG' },
  { labelSource: 'human' },
  { labelSource: 'imported' },
  { labelSource: 'mapping' },
  { confirmed: true },
  { confirmed: false, status: 'missing' },
  { duplicates: true },
]

function expectSlowOrders(): void {
  for (const filter of filters()) {
    for (const sort of ['typical', 'uncertain', 'path', 'id'] as const)
      for (const descending of [false, true]) {
        const { ids, bands } = project.pages.order(filter, sort, descending)
        expect({ filter, sort, ids: [...ids], bands }).toEqual({ filter, sort, ...slowOrder(filter, sort, descending) })
      }
    const { ids } = slowOrder(filter, 'id', false)
    expect(project.pages.ids(filter)).toEqual(ids)
    expect(project.pages.count(filter)).toBe(ids.length)
  }
}

test('orders, ids and counts are those that looking at every image gives', () => {
  expectSlowOrders()
})

test('edits, undo, imports and another clustering keep the columns in memory true', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ kind: fc.nat(8), images: fc.uniqueArray(fc.nat(imageCount - 1), { minLength: 1, maxLength: 9 }), to: fc.nat(1) }),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
      (steps) => {
        for (const { kind, images, to } of steps) {
          const chosen = images.map((index) => imageIds[index]!)
          if (kind === 0) project.edits.apply({ kind: 'moveImages', imageIds: chosen, clusterId: clusterIds[to]! })
          if (kind === 1) project.edits.apply({ kind: to ? 'rejectImages' : 'unrejectImages', imageIds: chosen })
          if (kind === 2)
            project.edits.apply({ kind: 'labelImages', imageIds: chosen, classId: classIds[to]!, source: to ? 'human' : 'imported' })
          if (kind === 3) project.edits.apply({ kind: 'mapCluster', clusterId: clusterIds[to]!, classId: classIds[0]! })
          if (kind === 4) undoOneButNoClass()
          if (kind === 5) project.images.setStatus(chosen, to ? 'ok' : 'unreadable', null, null)
          if (kind === 7) project.connection.columns.readAhead()
          if (kind === 8) while (project.connection.columns.readAhead());
          if (kind === 6) expect(() => failingGroup(chosen)).toThrow()
        }
        const kept = structuredClone(project.connection.columns.rows())
        project.connection.columns.forget()
        expect(kept).toEqual(project.connection.columns.rows())
        expectSlowOrders()
      },
    ),
    { numRuns: 8 },
  )
})

test('paths that two folders have in common come by id, also when they were read ahead', () => {
  const { sql, columns } = project.connection
  project.project.addRoot(join(folder, 'second'))
  const share = sql.prepare('UPDATE images SET root_id = 2, path = (SELECT path FROM images WHERE id = ?) WHERE id = ?')
  for (const [place, id] of imageIds.slice(0, 5).entries()) share.run(imageIds.at(-1 - place)!, id)
  columns.forget()
  while (columns.readAhead());
  expectSlowOrders()
})

/** The classes were made by edits too, and the acts need them. */
function undoOneButNoClass(): void {
  if (!project.edits.canUndo()) return
  project.edits.undo()
  if (project.classes.list().length < classIds.length) project.edits.redo()
}

/** Its first act is done, its second is refused. */
function failingGroup(chosen: ImageId[]): void {
  project.edits.apply(
    { kind: 'moveImages', imageIds: chosen, clusterId: clusterIds[0]! },
    { kind: 'moveImages', imageIds: [99_999 as ImageId], clusterId: clusterIds[0]! },
  )
}

test('the clusters are counted, and their most typical images found, as looking at every image gives', () => {
  project.edits.apply({ kind: 'moveImages', imageIds: imageIds.slice(8, 14), clusterId: clusterIds[2]! })
  project.edits.apply({ kind: 'rejectImages', imageIds: imageIds.slice(10, 12) })
  const { images } = project.pages.page({ limit: imageCount })
  for (const { id, imageCount: count, reliableCount, rejectedCount, meanConfidence } of project.clusters.list()) {
    const members = images.filter(({ assignment }) => assignment?.clusterId === id)
    const confidences = members.map(({ assignment }) => assignment!.confidence)
    expect({ count, reliableCount, rejectedCount }).toEqual({
      count: members.length,
      reliableCount: members.filter(({ assignment }) => assignment!.reliable).length,
      rejectedCount: members.filter(({ rejected }) => rejected).length,
    })
    expect(meanConfidence).toBeCloseTo(confidences.reduce((sum, value) => sum + value, 0) / members.length, 12)
    const best = members
      .filter(({ rejected }) => !rejected)
      .toSorted(
        (one, other) => bandOf(one) - bandOf(other) || other.assignment!.confidence - one.assignment!.confidence || one.id - other.id,
      )
    const typical = project.clusters.typical(4).find(({ clusterId }) => clusterId === id)
    expect(typical?.imageIds).toEqual(best.slice(0, 4).map((image) => image.id))
  }
})
