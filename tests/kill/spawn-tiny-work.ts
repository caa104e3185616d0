import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { TinyOutcome, TinyWork } from './tiny-work.ts'

type Ended = Readonly<{ signal: NodeJS.Signals | null; code: number | null; outcome: TinyOutcome | undefined; stderr: string }>

/** Does the work in a process of its own, to its end or its death. */
export function spawnTinyWork(task: TinyWork): Promise<Ended> {
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
