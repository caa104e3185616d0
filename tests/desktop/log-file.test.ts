import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openLogFile } from '#main/desktop/log-file.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

it('keeps the newest lines in few files of limited size', async () => {
  const folder = await makeTemporaryFolder()
  const path = join(folder.path, 'logs', 'app.log')
  const log = openLogFile(path)
  const long = 'x'.repeat(200_000)
  for (let number = 0; number < 40; number++) log.write(`${number} ${long}`)
  expect(readFileSync(path, 'utf8')).toContain('39 xxx')
  expect(['.1', '.2', '.3', '.4'].map((end) => existsSync(path + end))).toEqual([true, true, true, false])
  expect(['', '.1', '.2', '.3'].every((end) => statSync(path + end).size < 1_400_000)).toBe(true)
  // As after a restart: what is there counts.
  const size = statSync(path).size
  openLogFile(path).write('after a restart')
  expect(statSync(path).size).toBeGreaterThan(size)
  for (let number = 40; number < 46; number++) openLogFile(path).write(`${number} ${long}`)
  expect(readFileSync(`${path}.1`, 'utf8')).toContain('after a restart')
  await folder.remove()
})
