import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '#engine/ml/random.ts'
import { stageNames } from '#shared/jobs.ts'
import { makeTemporaryFolder, makeTinyImages } from '../tiny-project.ts'
import type { TinyOutcome, TinyWork } from './tiny-work.ts'

type Ended = Readonly<{ signal: NodeJS.Signals | null; code: number | null; outcome: TinyOutcome | undefined; stderr: string }>

/** Milliseconds within which each is killed: about as long as it takes on an idle machine. */
const spans = { import: 400, pretrain: 3000, embed: 40, self: 400, reliable: 20, semi: 500, export: 60 } as const

function work(task: TinyWork): Promise<Ended> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'tiny-work.ts'), JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const line = stdout.trim().split('\n').at(-1)
      resolve({ signal, code, stderr, outcome: code === 0 && line ? (JSON.parse(line) as TinyOutcome) : undefined })
    })
  })
}

describe('work that is killed and resumed', () => {
  const seed = Number(process.env.SPICERACK_KILL_SEED ?? 1)
  let folders: Awaited<ReturnType<typeof makeTemporaryFolder>>[]
  let expected: TinyOutcome

  beforeAll(async () => {
    folders = await Promise.all([makeTemporaryFolder(), makeTemporaryFolder(), makeTemporaryFolder()])
    for (const { path } of folders) await makeTinyImages(join(path, 'images'))
    const { outcome, stderr } = await work({ folder: folders[0]!.path })
    if (!outcome) throw new Error(stderr)
    expected = outcome
  })
  afterAll(async () => {
    for (const folder of folders) await folder.remove()
  })

  it('gives the same bytes after a kill in the import, in each stage and in the export', async () => {
    const random = createRandom(seed)
    const folder = folders[1]!.path
    for (const place of ['import', ...stageNames, 'export'] as const) {
      const ended = await work({ folder, kill: { in: place, afterMs: random.uniform() * spans[place] } })
      expect([place, ended.signal, ended.stderr.includes('SpicerackError')]).toEqual([place, 'SIGKILL', false])
    }
    const last = await work({ folder })
    expect([last.code, last.outcome]).toEqual([0, expected])
  }, 150_000)

  it('gives the same bytes after kills at random moments', async () => {
    const random = createRandom(seed + 1)
    const folder = folders[2]!.path
    for (let kill = 0; kill < 4; kill++)
      expect((await work({ folder, kill: { in: 'process', afterMs: 1200 + random.uniform() * 5000 } })).signal).toBe('SIGKILL')
    const last = await work({ folder })
    expect([last.code, last.outcome]).toEqual([0, expected])
  }, 150_000)
})
