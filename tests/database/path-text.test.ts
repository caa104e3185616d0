import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beginPathText } from '#engine/database/path-text.ts'
import { createProject } from '#engine/database/project.ts'
import { addImages } from '../project-content.ts'

const characters = fc.constantFrom('a', 'A', 'b', 'É', '果', '/', '.')
const someText = fc.string({ unit: characters, maxLength: 5 })
const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

test('finds the images that looking at each path finds, by path', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-paths-'))
  const project = createProject(join(folder, 'p'))
  const { sql } = project.connection
  const ids = addImages(project, 12)
  const rename = sql.prepare('UPDATE images SET path = ? WHERE id = ?')
  fc.assert(
    fc.property(fc.uniqueArray(someText, { minLength: ids.length, maxLength: ids.length }), someText, (paths, text) => {
      sql.transaction(() => {
        for (const [place, id] of ids.entries()) rename.run(`moving-${place}`, id)
        for (const [place, id] of ids.entries()) rename.run(paths[place], id)
      })()
      const bytes = (path: string) => Buffer.from(path)
      const found = ids
        .map((id, place) => ({ id, path: paths[place]! }))
        .filter(({ path }) => lower(path).includes(lower(text)))
        .sort((one, other) => Buffer.compare(bytes(one.path), bytes(other.path)))
      for (const sliceSize of [1, 5, 100]) {
        const reading = beginPathText(sql, sliceSize)
        // Whether slices were read before or not.
        if (sliceSize === 5) while (reading.readSlice());
        expect([...reading.finish().idsWith(text)]).toEqual(found.map(({ id }) => id))
      }
    }),
    { numRuns: 200 },
  )
  expect([...beginPathText(sql).finish().idsWith('\0')]).toEqual([])
  sql.exec('DELETE FROM images')
  expect([...beginPathText(sql).finish().idsWith('a')]).toEqual([])
  project.close()
  rmSync(folder, { recursive: true })
})
