import { writeSync } from 'node:fs'
import { createEngine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'

// Run by killed-edits.test.ts: corrects without end, and says so after each acknowledged correction, until it is killed.
const [path, start] = process.argv.slice(2) as [string, string]
const engine = createEngine({ reportBug: (error) => console.error(error) })
const client = createEngineClient((request) => engine.handle(request))
await client.project.open({ path })
const { images } = await client.images.list({ limit: 1000 })
for (let number = Number(start); ; number++) {
  const name = `class ${number}`
  const imageId = images[number % images.length]!.id
  const { classId } = await client.classes.create({ name })
  const { editId } = await client.labels.set({ imageIds: [imageId], classId })
  writeSync(1, `${JSON.stringify({ number, name, imageId, classId, editId })}\n`)
}
