import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EditAct } from '#engine/database/edit-acts.ts'
import { createProject, type OpenProject, openProject } from '#engine/database/project.ts'
import { adviceKey } from '#engine/database/tables/dismissed-advice.ts'
import type { ClassId, ClusterId, ImageId } from '#shared/entities.ts'

const imageCount = 24
let folder: string
let project: OpenProject
let imageIds: ImageId[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-edits-'))
  project = createProject(join(folder, 'p'))
  imageIds = fillProject(project)
  saveClustering(project, [null, null, null])
})
afterEach(() => {
  project.close()
  rmSync(folder, { recursive: true })
})

function fillProject(into: OpenProject): ImageId[] {
  const rootId = into.project.addRoot('/pictures')
  return into.images.save(
    Array.from({ length: imageCount }, (_, row) => ({
      rootId,
      path: `folder/${String(imageCount - row).padStart(3, '0')}.png`,
      contentHash: `hash-${row}`,
      sizeBytes: 10,
      modifiedAt: 1,
      widthPx: 4,
      heightPx: 4,
      format: 'png',
      status: 'ok' as const,
      problemCode: null,
      reason: null,
      perceptualHash: null,
      pixelRow: row,
      thumbnailOffset: null,
      thumbnailLength: null,
    })),
  )
}

function saveClustering(into: OpenProject, carriedOver: (ClusterId | null)[]) {
  const run = into.runs.create({
    name: 'test',
    recipe: {},
    seed: 1,
    clusterCount: 3,
    imageIds,
    imageSizePx: 32,
    versions: {},
    backendChoice: 'cpu',
    stages: ['self'],
  })
  // The last four images are left out, so that pages meet images without an assignment.
  const members = imageIds.slice(0, imageCount - 4)
  const { id } = into.clusterings.save({
    runId: run.id,
    stage: 'self',
    head: 0,
    score: 1,
    carriedOver,
    imageIds: members,
    clusters: members.map((_, row) => row % 3),
    confidences: members.map((_, row) => (row % 5) / 4),
  })
  return into.clusterings.setCurrent(id)
}

/** All that a person can see of the decisions. */
function visibleState({ clusters, classes, labels, pages, clusterings, contradictions, audits, dismissedAdvice }: OpenProject) {
  const current = clusterings.list()[0]
  return {
    clusters: clusters.list(),
    classes: classes.list(),
    mappings: labels.mappings(),
    human: labels.list('human'),
    imported: labels.list('imported'),
    placements: labels.placements(),
    settled: contradictions.page(current.id, true, 100),
    open: contradictions.page(current.id, false, 100),
    effective: labels.effectiveLabels(),
    audits: classes.list().map(({ id }) => audits.members(current.id, id)),
    columns: clusterings.columns(current.id),
    dismissed: dismissedAdvice.list(),
    images: pages.page({ limit: 100 }).images,
  }
}

const pick = <T>(from: readonly T[], number: number): T | undefined => from[number % from.length]
const choice = fc.record({
  kind: fc.nat(16),
  images: fc.uniqueArray(fc.nat(imageCount - 1), { minLength: 1, maxLength: 8 }),
  first: fc.nat(20),
  second: fc.nat(20),
})

/** A random act that is possible now, or none. */
function actFrom(
  { kind, images, first, second }: { kind: number; images: number[]; first: number; second: number },
  step: number,
): EditAct | undefined {
  const chosen = images.map((index) => imageIds[index])
  const clusterIds = project.clusters.list().map(({ id }) => id)
  const classIds = project.classes.list().map(({ id }) => id)
  const clusterId = pick(clusterIds, first) as ClusterId
  const otherCluster = pick(clusterIds, second) as ClusterId
  const classId = pick(classIds, first) as ClassId | undefined
  const otherClass = pick(classIds, second) as ClassId | undefined
  const inCluster = project.pages.ids({ clusterId })
  const acts: (EditAct | false | undefined)[] = [
    { kind: 'moveImages', imageIds: chosen, clusterId },
    clusterId !== otherCluster && { kind: 'mergeClusters', from: [otherCluster], into: clusterId },
    { kind: 'splitCluster', clusterId, parts: [{ imageIds: inCluster.slice(0, 2) }, { imageIds: inCluster.slice(2, 3), name: 'part' }] },
    { kind: 'createCluster', name: `made ${step}`, imageIds: chosen },
    { kind: 'renameCluster', clusterId, name: `renamed ${step}` },
    { kind: 'recolourCluster', clusterId, colour: '#123456' },
    { kind: second % 2 ? 'rejectImages' : 'unrejectImages', imageIds: chosen },
    { kind: 'confirmImages', imageIds: chosen },
    { kind: 'createClass', name: `class ${step}` },
    classId !== undefined && { kind: 'changeClass', classId, name: `class changed ${step}` },
    classId !== undefined &&
      otherClass !== undefined &&
      classId !== otherClass && { kind: 'mergeClasses', from: [otherClass], into: classId },
    classId !== undefined && { kind: 'mapCluster', clusterId, classId: second % 3 ? classId : null },
    classId !== undefined && { kind: 'labelImages', imageIds: chosen, classId, source: second % 3 ? 'human' : 'imported' },
    second % 2 ? { kind: 'unlabelImages', imageIds: chosen } : classId !== undefined && { kind: 'deleteClass', classId },
    { kind: second % 2 ? 'keepMine' : 'takeNew', clusteringId: project.project.currentClusteringId()!, imageIds: chosen },
    classId !== undefined && auditAct(classId, chosen, second),
    { kind: step % 3 ? 'dismissAdvice' : 'recallAdvice', advice: adviceKey(clusterId, clusterId === otherCluster ? null : otherCluster) },
  ]
  return acts[kind] || undefined
}

function auditAct(classId: ClassId, chosen: readonly ImageId[], way: number): EditAct {
  const auditId = project.audits.require(project.project.currentClusteringId()!, classId)
  return way % 4 === 0 ? { kind: 'forgetAudit', auditId } : { kind: 'auditImages', auditId, imageIds: chosen, isRight: way % 2 === 0 }
}

test('undoing every edit gives the first state back, redoing every edit the last', () => {
  fc.assert(
    fc.property(fc.array(choice, { minLength: 1, maxLength: 14 }), (choices) => {
      while (project.edits.canUndo()) project.edits.undo()
      const states = [visibleState(project)]
      for (const [step, chosen] of choices.entries()) {
        const act = actFrom(chosen, step)
        if (!act) continue
        project.edits.apply(act)
        states.push(visibleState(project))
      }
      for (let index = states.length - 2; index >= 0; index--) {
        project.edits.undo()
        expect(visibleState(project)).toEqual(states[index])
      }
      for (let index = 1; index < states.length; index++) {
        project.edits.redo()
        expect(visibleState(project)).toEqual(states[index])
      }
      if (states.length > 1) expect(project.edits.canRedo()).toBe(false)
    }),
    { numRuns: 60 },
  )
})

test('acts of one call are one step; an act that fails leaves nothing of its group; a new edit ends the redo', () => {
  const [first, second] = project.clusters.list()
  const before = visibleState(project)
  expect(() =>
    project.edits.apply(
      { kind: 'renameCluster', clusterId: first.id, name: 'x' },
      { kind: 'renameCluster', clusterId: 99 as ClusterId, name: 'y' },
    ),
  ).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  expect(visibleState(project)).toEqual(before)
  project.edits.apply(
    { kind: 'renameCluster', clusterId: first.id, name: 'cats' },
    { kind: 'mergeClusters', from: [second.id], into: first.id },
  )
  project.close()
  project = openProject(join(folder, 'p'))
  expect(project.edits.undo()).toHaveLength(2)
  expect(visibleState(project)).toEqual(before)
  project.edits.apply({ kind: 'renameCluster', clusterId: first.id, name: 'dogs' })
  expect(() => project.edits.redo()).toThrow(expect.objectContaining({ code: 'NOTHING_TO_UNDO' }))
})

test('dismissed advice is kept across restarts and clusterings, can be brought back, and ends where its clusters are merged', () => {
  const [first, second, third] = project.clusters.list()
  const [mixed, same, others] = [adviceKey(first.id, null), adviceKey(second.id, first.id), adviceKey(third.id, second.id)]
  expect(same).toEqual({ kind: 'same', clusterId: first.id, otherId: second.id })
  for (const advice of [mixed, same, others]) project.edits.apply({ kind: 'dismissAdvice', advice })
  project.edits.apply({ kind: 'recallAdvice', advice: mixed })
  project.close()
  project = openProject(join(folder, 'p'))
  saveClustering(project, [first.id, second.id, third.id])
  expect(project.dismissedAdvice.list()).toEqual([same, others])
  project.edits.undo()
  expect(project.dismissedAdvice.list()).toEqual([mixed, same, others])
  project.edits.apply({ kind: 'mergeClusters', from: [third.id], into: first.id })
  expect(project.dismissedAdvice.list()).toEqual([])
  project.edits.undo()
  expect(project.dismissedAdvice.list()).toEqual([mixed, same, others])
  const gone = { kind: 'dismissAdvice', advice: adviceKey(first.id, 99 as ClusterId) } as const
  expect(() => project.edits.apply(gone)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
})

test('what a person decided outlives a new clustering, and is undone after it', () => {
  const [first, second, third] = project.clusters.list()
  const moved = project.pages.ids({ clusterId: third.id }).slice(0, 2)
  project.edits.apply({ kind: 'renameCluster', clusterId: first.id, name: 'cats' })
  project.edits.apply({ kind: 'mergeClusters', from: [second.id], into: first.id })
  project.edits.apply({ kind: 'moveImages', imageIds: moved, clusterId: first.id })
  const next = saveClustering(project, [first.id, null, third.id])
  expect(project.clusters.get(first.id).name).toBe('cats')
  expect(project.pages.ids({ clusterId: first.id })).toEqual(expect.arrayContaining(moved))
  const said = project.contradictions.ofImages(next.id, moved)
  expect(said).toMatchObject(moved.map((imageId) => ({ imageId, clusterId: first.id, foundClusterId: third.id })))
  project.edits.undo()
  expect(project.pages.ids({ clusterId: third.id })).toEqual(expect.arrayContaining(moved))
})

test('clusters merged into each other, each as an earlier clustering shows it, end in the one that took the other in last', () => {
  const earlier = project.clusterings.list()[0]
  const [first, second, third] = project.clusters.list()
  // The other images are in them now.
  saveClustering(project, [second.id, first.id, third.id])
  project.edits.apply({ kind: 'mergeClusters', from: [first.id], into: second.id })
  project.clusterings.setCurrent(earlier.id)
  project.edits.apply({ kind: 'mergeClusters', from: [second.id], into: first.id })
  // What is saved next asks where each of them went.
  const next = saveClustering(project, [second.id, null, third.id])
  expect(project.clusterings.list().some(({ id }) => id === next.id)).toBe(true)
  expect(project.clusters.get(first.id)).toMatchObject({ deleted: 0, mergedInto: null })
  expect(project.clusters.get(second.id)).toMatchObject({ deleted: 1, mergedInto: first.id })
  expect(project.clusters.list().map(({ id }) => id)).toContain(first.id)
})

test('pages put together are the whole list, in every order and direction', () => {
  for (const sort of ['id', 'path', 'confidence', 'localConsistency'] as const)
    for (const descending of [false, true])
      for (const filter of [{}, { clusterId: project.clusters.list()[1].id }, { minConfidence: 0.5 }, { text: '1' }]) {
        const paged: number[] = []
        let cursor: string | null = null
        do {
          const page = project.pages.page({ filter, sort, descending, cursor, limit: 3 })
          paged.push(...page.images.map(({ id }) => id))
          cursor = page.nextCursor
        } while (cursor)
        const value = (id: number) => {
          const image = project.pages.page({ limit: 100 }).images.find((other) => other.id === id)!
          const chosen = {
            id: image.id,
            path: image.path,
            confidence: image.assignment?.confidence,
            localConsistency: image.assignment?.localConsistency,
          }
          return chosen[sort] ?? null
        }
        const compare = (a: number, b: number) => {
          const [left, right] = [value(a), value(b)]
          if (left !== right && (left === null || right === null)) return left === null ? 1 : -1
          const order = left === right ? a - b : left! < right! ? -1 : 1
          return descending ? -order : order
        }
        expect(paged).toEqual(project.pages.ids(filter).sort(compare))
      }
})
