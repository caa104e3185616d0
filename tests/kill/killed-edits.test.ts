import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createEngine } from '#engine/engine.ts'
import { createRandom } from '#engine/ml/random.ts'
import { createEngineClient } from '#shared/contract/client.ts'
import type { ClassId, EditId, ImageId } from '#shared/entities.ts'
import { makeTemporaryFolder, makeTinyImages, untilAtRest } from '../tiny-project.ts'

type Acknowledged = { number: number; name: string; imageId: ImageId; classId: ClassId; editId: EditId }

/** Corrects until it is killed, so long after its first correction; what it was told is kept. */
function correctUntilKilled(path: string, start: number, afterMs: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'endless-edits.ts'), path, String(start)], {
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
      const whole = stdout.slice(0, stdout.lastIndexOf('\n')).split('\n')
      resolve(whole.map((line) => JSON.parse(line) as Acknowledged))
    })
  })
}

it('loses no acknowledged correction, however it is killed, and undoes them all afterwards', async () => {
  const folder = await makeTemporaryFolder()
  const path = join(folder.path, 'tiny.spicerack')
  const random = createRandom(3)
  const engine = createEngine({ reportBug: (error) => console.error(error) })
  const client = createEngineClient((request) => engine.handle(request))
  try {
    await makeTinyImages(join(folder.path, 'images'))
    await client.project.create({ path })
    await untilAtRest(client, (await client.images.import({ folder: join(folder.path, 'images'), size: 16 })).id)
    await client.project.close()
    const acknowledged: Acknowledged[] = []
    for (let kill = 0; kill < 4; kill++) {
      acknowledged.push(...(await correctUntilKilled(path, kill * 100_000, random.uniform() * 300)))
      await client.project.open({ path })
      const names = new Map((await client.classes.list()).map(({ id, name }) => [id, name]))
      const labels = new Map((await client.labels.list()).map(({ imageId, classId }) => [imageId, classId]))
      // The label that an image was given last; a correction that was made and not acknowledged any more may have come after it.
      const newest = new Map(acknowledged.map((edit) => [edit.imageId, edit]))
      expect(acknowledged.filter(({ classId, name }) => names.get(classId) !== name)).toEqual([])
      const changed = [...newest.values()].filter(({ imageId, classId }) => labels.get(imageId)! < classId)
      expect(changed).toEqual([])
      await client.project.close()
    }
    expect(acknowledged.length).toBeGreaterThan(4)
    await client.project.open({ path })
    const undone: EditId[] = []
    for (;;) {
      const result = await client.edits.undo().catch((error: unknown) => error as { code: string })
      if ('code' in result) {
        expect(result.code).toBe('NOTHING_TO_UNDO')
        break
      }
      undone.push(...result.edits.map(({ id }) => id))
    }
    expect(undone).toEqual(expect.arrayContaining(acknowledged.map(({ editId }) => editId)))
    expect([await client.classes.list(), await client.labels.list()]).toEqual([[], []])
  } finally {
    await engine.close()
    await folder.remove()
  }
})
