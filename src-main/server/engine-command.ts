/**
 * Entry of the engine as a process of its own, behind the local socket that its one argument names. Writes `ready` when it answers.
 * It ends, keeping checkpoints, when its standard input closes: so it never outlives the process that started it.
 */
import { createEngine } from '#engine/engine.ts'
import { startSocketShell } from './socket-shell.ts'
import { stateFolder } from './state-folder.ts'

const [path] = process.argv.slice(2)
if (path === undefined) throw new Error('Give the path of a socket.')

const engine = createEngine({ reportBug: (error) => console.error(error), stateFolder: stateFolder() })
const shell = await startSocketShell({ handle: engine.handle, path })
let isEnding = false
async function end(): Promise<void> {
  if (isEnding) return
  isEnding = true
  await engine.close()
  await shell.close()
  process.exit(0)
}
process.stdin.once('close', end).resume()
process.once('SIGTERM', end)
// Ctrl-C in a terminal reaches the whole group; the shell decides what it means.
process.on('SIGINT', () => undefined)
process.stdout.write('ready\n')
