import { join } from 'node:path'
import { createEngine } from '#engine/engine.ts'
import { createEngineClient } from '#shared/contract/client.ts'

// Makes project after project in a folder until it is killed, and says before and after each which one.
const folder = process.argv[2] as string
const engine = createEngine({ reportBug: (error) => console.error(error) })
const client = createEngineClient((request) => engine.handle(request))
for (let number = Number(process.argv[3]); ; number++) {
  process.stdout.write(`making ${number}\n`)
  await client.project.create({ path: join(folder, `p${number}`) })
  process.stdout.write(`made ${number}\n`)
  await client.project.close()
}
