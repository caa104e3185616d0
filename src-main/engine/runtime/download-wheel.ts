import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { type ProgramResult, runProgram } from './run-program.ts'

type DownloadOptions = Readonly<{
  /** Name and version, as pip takes them. */
  requirement: string
  platformTags: readonly string[]
  folder: string
  signal?: AbortSignal | undefined
  onBytes?: (byteCount: number) => void
}>

/**
 * Path of a wheel downloaded by pip into `folder`. Wheels in the folder that SPICERACK_WHEELS names are used instead of the network.
 * Throws NETWORK, DISK_FULL or BACKEND_UNAVAILABLE (no pip, no such wheel), each with one sentence.
 */
export async function downloadWheel({ requirement, platformTags, folder, signal, onBytes }: DownloadOptions): Promise<string> {
  const wheelName = (requirement.match(/^[\w.-]+/)?.[0] ?? requirement).replaceAll('-', '_')
  const localFolder = process.env.SPICERACK_WHEELS
  const local = localFolder && existsSync(localFolder) ? findWheel(localFolder, wheelName, requirement) : undefined
  if (local) return local
  const pip = await findPip()
  const temporary = join(folder, 'unfinished')
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true })
  const watch = setInterval(() => onBytes?.(largestFileBytes(temporary)), 250)
  try {
    const args = [
      ...pip.args,
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--no-cache-dir',
      '--disable-pip-version-check',
      '--no-input',
    ]
    const target = ['--python-version', '3.12', '--implementation', 'cp', ...platformTags.flatMap((tag) => ['--platform', tag])]
    const limits = ['--quiet', '--progress-bar', 'off', '--retries', '2', '--timeout', '20', '--dest', folder]
    const result = await runProgram(pip.program, [...args, ...target, ...limits, requirement], {
      signal,
      environment: { TMPDIR: temporary },
    })
    if (result.exitCode !== 0) throw pipError(requirement, result)
  } finally {
    clearInterval(watch)
    await rm(temporary, { recursive: true, force: true })
  }
  const wheel = findWheel(folder, wheelName, requirement)
  if (!wheel) throw new SpicerackError('BACKEND_UNAVAILABLE', say('noWheelBrought', { requirement }))
  return wheel
}

async function findPip(): Promise<{ program: string; args: string[] }> {
  let hasPython = false
  for (const program of process.platform === 'win32' ? ['py', 'python'] : ['python3', 'python']) {
    const { exitCode } = await runProgram(program, ['-m', 'pip', '--version'])
    if (exitCode === 0) return { program, args: ['-m', 'pip'] }
    if (exitCode !== 127) hasPython = true
  }
  throw new SpicerackError('BACKEND_UNAVAILABLE', hasPython ? say('pipMissing') : say('pythonMissing'), { advice: say('installPip') })
}

function pipError(requirement: string, { output }: ProgramResult): SpicerackError {
  if (/No space left|Errno 28|Disk quota/i.test(output))
    return new SpicerackError('DISK_FULL', say('wheelDiskFull', { requirement }), {
      advice: say('freeInCache'),
    })
  // Offline, pip says both that it could not connect and that it found no such version.
  if (
    /Temporary failure|Name or service|getaddrinfo|NewConnectionError|ConnectTimeout|Read timed out|Connection (refused|reset|broken)|ProxyError|SSLError|IncompleteRead|Network is unreachable/i.test(
      output,
    )
  )
    return new SpicerackError('NETWORK', say('registryUnreachable', { requirement }), {
      advice: say('connectThenRetry'),
    })
  const lastLine = output
    .trim()
    .split('\n')
    .findLast((line) => line.startsWith('ERROR'))
  return new SpicerackError('BACKEND_UNAVAILABLE', say('pipFailed', { requirement, detail: lastLine ?? output.trim().slice(-300) }))
}

function findWheel(folder: string, wheelName: string, requirement: string): string | undefined {
  const version = requirement.split('==')[1]
  const prefix = version ? `${wheelName}-${version}-` : `${wheelName}-`
  const name = readdirSync(folder).find((each) => each.startsWith(prefix) && each.endsWith('.whl'))
  return name && join(folder, name)
}

function largestFileBytes(folder: string): number {
  try {
    return Math.max(0, ...readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, String(name))).size))
  } catch {
    return 0
  }
}
