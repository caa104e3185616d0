import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const benchFolder = dirname(fileURLToPath(import.meta.url))

/** Both sides compute on two threads, with an allocator that keeps freed memory. */
const sharedEnvironment = {
  MALLOC_MMAP_THRESHOLD_: '8589934592',
  MALLOC_TRIM_THRESHOLD_: '17179869184',
  OMP_NUM_THREADS: '2',
  TF_NUM_INTRAOP_THREADS: '2',
  TF_CPP_MIN_LOG_LEVEL: '2',
}

/** One side of a benchmark: a process that waits, and works one round when asked. */
export interface Side<Result> {
  round(request?: Readonly<Record<string, unknown>>): Promise<Result>
  close(): Promise<void>
}

/** This benchmark's file again, as a process of its own with these arguments. */
export function startOwnSide<Result>(file: string, args: readonly string[]): Promise<Side<Result>> {
  return start(process.execPath, [fileURLToPath(file), ...args])
}

/** A Python file of `peers/`; the interpreter is SPICERACK_PYTHON, or python3. */
export function startPeer<Result>(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Side<Result>> {
  return start(process.env.SPICERACK_PYTHON ?? 'python3', ['-u', join(benchFolder, 'peers', `${name}.py`), ...args], environment)
}

async function start<Result>(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Side<Result>> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...sharedEnvironment, ...environment },
  })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${program} ${args.join(' ')} ended before it answered.`)
    return JSON.parse(value)
  }
  await answer()
  return {
    async round(request = {}) {
      child.stdin!.write(`${JSON.stringify(request)}\n`)
      return (await answer()) as Result
    },
    close: () => close(child),
  }
}

async function close(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exit = once(child, 'exit')
  child.stdin!.end()
  await exit
}

/** Alternating rounds: every side once, then every side again; in each round the order is turned round. */
export async function alternate<Result>(
  sides: readonly Side<Result>[],
  roundCount: number,
  onRound: (results: readonly Result[], round: number) => void = () => undefined,
): Promise<Result[][]> {
  const results: Result[][] = sides.map(() => [])
  for (let round = 0; round < roundCount; round++) {
    const order = [...sides.keys()]
    if (round % 2 === 1) order.reverse()
    for (const place of order) results[place].push(await sides[place].round())
    onRound(
      results.map((of) => of[round]),
      round,
    )
  }
  return results
}
