import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let project: OpenProject

beforeEach(async () => {
  folder = await makeTemporaryFolder()
  project = createProject(`${folder.path}/p`)
})
afterEach(async () => {
  project.close()
  await folder.remove()
})

test('of a long series evenly some points are read, and the last; of a short one all, and after a step what is new', () => {
  const { id: runId } = project.runs.create({
    ...{ name: 'long', recipe: {}, seed: 1, clusterCount: 2, imageIds: [], imageSizePx: 32, versions: {}, backendChoice: 'cpu' },
    stages: ['pretrain'],
  })
  const series = (name: string, steps: number, stride: number) =>
    Array.from({ length: steps }, (_, place) => ({ runId, stage: 'pretrain' as const, name, step: place * stride, value: place }))
  project.metrics.add([...series('loss', 9001, 1), ...series('agreement', 9, 1000)])
  const points = project.metrics.list(runId, 'pretrain')
  const loss = points.filter(({ name }) => name === 'loss')
  expect(loss.length).toBeLessThanOrEqual(2001)
  expect(loss.length).toBeGreaterThan(1000)
  expect(loss.at(-1)?.step).toBe(9000)
  const gaps = new Set(loss.slice(1, -1).map(({ step }, place) => step - loss[place]!.step))
  expect(gaps.size).toBe(1)
  expect(points.filter(({ name }) => name === 'agreement').map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  expect(points.map(({ step }) => step)).toEqual(points.map(({ step }) => step).toSorted((one, other) => one - other))
  project.metrics.add([{ runId, stage: 'pretrain', name: 'loss', step: 9001, value: 1 }])
  expect(project.metrics.list(runId, 'pretrain', 9000)).toMatchObject([{ name: 'loss', step: 9001 }])
})
