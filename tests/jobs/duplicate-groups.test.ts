import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProject, type OpenProject } from '#engine/database/project.ts'
import { groupDuplicates } from '#engine/jobs/duplicate-groups.ts'
import { createRandom } from '#engine/ml/random.ts'
import { addImages } from '../project-content.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
let project: OpenProject

beforeEach(async () => {
  folder = await makeTemporaryFolder()
  project = createProject(join(folder.path, 'p'))
})
afterEach(async () => {
  project.close()
  await folder.remove()
})

test('other work gets its turn while duplicates are looked for, and no transaction is open then; it stops when told to', async () => {
  const random = createRandom(4)
  const randomWord = (): string =>
    random
      .integer(2 ** 32)
      .toString(16)
      .padStart(8, '0')
  const hashes = Array.from({ length: 5000 }, () => `00000000${randomWord()}`)
  const [first] = hashes
  const ids = addImages(project, hashes.length + 1, [...hashes, `00000003${first!.slice(8)}`])
  let isDone = false
  let turns = 0
  const others = (async () => {
    for (; !isDone; await setImmediate()) {
      turns += 1
      expect(project.connection.sql.inTransaction).toBe(false)
      if (turns % 3 === 0) project.classes.list()
    }
  })()
  await groupDuplicates(project, { signal: new AbortController().signal, report: () => undefined })
  isDone = true
  await others
  expect(turns).toBeGreaterThan(5)
  const groups = project.images.duplicateGroups('near')
  expect(groups.find(({ imageIds }) => imageIds.includes(ids[0]!))?.imageIds).toContain(ids.at(-1))

  project.images.setDuplicateGroups('near', [])
  const aborted = groupDuplicates(project, { signal: AbortSignal.abort(), report: () => undefined })
  await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(project.images.duplicateGroups('near')).toEqual([])
})
