import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createEngine } from '#engine/engine.ts'
import { createRandom } from '#engine/ml/random.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

/** Lines of a process that makes projects, killed so long after it began with its first. */
function makeUntilKilled(folder: string, start: number, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'endless-projects.ts'), folder, String(start)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => {
    if (stdout === '') setTimeout(() => child.kill('SIGKILL'), afterMs)
    stdout += chunk.toString()
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (_, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`It ended by itself: ${stdout.slice(-500)}`))
      resolve(stdout.slice(0, stdout.lastIndexOf('\n')).split('\n'))
    })
  })
}

it('a project whose making was killed is there as a whole, or can be made', async () => {
  const folder = await makeTemporaryFolder()
  const random = createRandom(11)
  const engine = createEngine({ reportBug: (error) => console.error(error) })
  const client = createEngineClient((request) => engine.handle(request))
  let cutOff = 0
  try {
    for (let kill = 0; kill < 12; kill++) {
      const lines = await makeUntilKilled(folder.path, kill * 1000, random.uniform() * 120)
      const last = Number(lines.at(-1)!.split(' ')[1])
      for (let number = kill * 1000; number <= last; number++) {
        const path = join(folder.path, `p${number}`)
        const isMade = lines.includes(`made ${number}`)
        const isThere = readdirSync(folder.path).includes(`p${number}.spicerack`)
        expect([number, isThere || !isMade]).toEqual([number, true])
        if (!isThere) cutOff++
        const project = await (isThere ? client.project.open({ path }) : client.project.create({ path }))
        expect(project).toMatchObject({ name: `p${number}`, images: { total: 0 } })
        await client.project.close()
      }
    }
    await client.project.create({ path: join(folder.path, 'last') })
    expect(readdirSync(folder.path).filter((name) => !name.endsWith('.spicerack'))).toEqual([])
    expect(cutOff).toBeGreaterThan(0)
  } finally {
    await engine.close()
    await folder.remove()
  }
}, 120_000)
