import { spawn } from 'node:child_process'

export type ProgramResult = Readonly<{ exitCode: number; output: string }>

type ProgramOptions = Readonly<{ signal?: AbortSignal | undefined; environment?: NodeJS.ProcessEnv; folder?: string }>

/**
 * Runs a program to its end; `output` is the end of what it wrote. Exit code 127 when there is no such program.
 * Rejects when the signal aborts (the program is ended).
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { signal, environment, folder }: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      ...(folder && { cwd: folder }),
      ...(signal && { signal }),
    })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-8_000)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.name === 'AbortError') reject(error)
      else resolve({ exitCode: 127, output: error.message })
    })
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }))
  })
}
