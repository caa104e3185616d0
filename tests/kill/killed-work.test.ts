import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '#engine/ml/random.ts'
import { stageNames } from '#shared/jobs.ts'
import { makeTemporaryFolder, makeTinyImages } from '../tiny-project.ts'
import { spawnTinyWork } from './spawn-tiny-work.ts'
import type { TinyOutcome } from './tiny-work.ts'

/** When each is killed, in milliseconds after its begin: the end is before that of the work on an idle machine. */
const spans = {
  import: [0, 400],
  pretrain: [400, 1800],
  embed: [0, 120],
  self: [0, 500],
  reliable: [0, 10],
  semi: [0, 900],
  export: [0, 60],
} as const

function readLog(folder: string): { event: string; stage?: string; line?: string }[] {
  const lines = readFileSync(join(folder, 'tiny.spicerack', 'runs', 'run-0001', 'log.ndjson'), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as { event: string; stage?: string })
}

describe('work that is killed and resumed', () => {
  const seed = Number(process.env.SPICERACK_KILL_SEED ?? 1)
  let folders: Awaited<ReturnType<typeof makeTemporaryFolder>>[]
  let expected: TinyOutcome

  beforeAll(async () => {
    folders = await Promise.all([makeTemporaryFolder(), makeTemporaryFolder(), makeTemporaryFolder()])
    for (const { path } of folders) await makeTinyImages(join(path, 'images'))
    const { outcome, stderr } = await spawnTinyWork({ folder: folders[0]!.path })
    if (!outcome) throw new Error(stderr)
    expected = outcome
  })
  afterAll(async () => {
    for (const folder of folders) await folder.remove()
  })

  it('gives the same bytes after a kill in the import, in each stage and in the export', async () => {
    const random = createRandom(seed)
    const folder = folders[1]!.path
    for (const place of ['import', 'pretrain', ...stageNames, 'export'] as const) {
      const [from, to] = spans[place]
      const ended = await spawnTinyWork({ folder, kill: { in: place, afterMs: from + random.uniform() * (to - from) } })
      expect([place, ended.signal, ended.stderr.includes('SpicerackError')]).toEqual([place, 'SIGKILL', false])
    }
    const last = await spawnTinyWork({ folder })
    expect([last.code, last.outcome]).toEqual([0, expected])
    const log = readLog(folder)
    const cutOff = stageNames.filter((stage) => log.filter((entry) => entry.stage === stage && entry.event === 'started').length > 1)
    // A kill may come too late for the shorter ones.
    expect(cutOff.length).toBeGreaterThanOrEqual(2)
  }, 150_000)

  it('gives the same bytes after kills at random moments', async () => {
    const random = createRandom(seed + 1)
    const folder = folders[2]!.path
    for (let kill = 0; kill < 3; kill++)
      expect((await spawnTinyWork({ folder, kill: { in: 'process', afterMs: 1200 + random.uniform() * 5000 } })).signal).toBe('SIGKILL')
    const last = await spawnTinyWork({ folder })
    expect([last.code, last.outcome]).toEqual([0, expected])
  }, 150_000)
})
