import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { trainingEnvironment } from '#shared/training-environment.mjs'

/** An engine that ends within this time keeps its checkpoint; a stage may need a while to finish its step. */
const endTimeoutMs = 60_000

/** One life of the engine's process. */
export interface EngineChild {
  readonly processId: number | undefined
  /** Resolves when it answers; rejects when it ended before. */
  readonly ready: Promise<void>
  /** Resolves to how it ended, for a person. */
  readonly ended: Promise<string>
  /** Asks it to keep checkpoints and end; ends it by force when it does not. */
  end(): Promise<void>
}

export function spawnEngineChild(
  command: Readonly<{ node: string; entry: string; compileCache: string; socketPath: string; log(line: string): void }>,
): EngineChild {
  const child: ChildProcess = spawn(command.node, [command.entry, command.socketPath], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment(command.compileCache),
    windowsHide: true,
  })
  // Writing to a process that has died is no error of ours.
  child.stdin!.on('error', () => undefined)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it did not start: ${error.message}`))
    child.once('close', (code, signal) => resolve(signal ? `it was ended by ${signal}` : `it ended with code ${code}`))
  })
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!])
      createInterface({ input: stream }).on('line', (line) => {
        command.log(line)
        if (line === 'ready') resolve()
      })
    void ended.then((reason) => reject(new Error(reason)))
  })
  ready.catch(() => undefined)
  return {
    processId: child.pid,
    ready,
    ended,
    async end() {
      child.stdin!.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs)
      await ended
      clearTimeout(timer)
    },
  }
}

/** Ours, without what could make a Node that is started load other code. */
function environment(compileCache: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ELECTRON_RUN_AS_NODE, ...own } = process.env
  return { NODE_COMPILE_CACHE: compileCache, ...trainingEnvironment, ...own }
}
