import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeWheel } from '../runtime/wheel-file.ts'

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Programs of the machine, standing in for the real ones: they do and fail what these do, in moments and without the network. */
const programs = {
  npm: `#!/bin/sh
PATH=/usr/bin:/bin
echo "npm $*" >> "$STANDIN_CALLS"
case "$STANDIN_NPM" in
  offline) echo 'npm error code ENOTFOUND' >&2; echo 'npm error network This is a problem related to network connectivity.' >&2; exit 1 ;;
  full) echo 'npm error code ENOSPC' >&2; echo 'npm error ENOSPC: no space left on device, write' >&2; exit 1 ;;
  broken) echo 'npm error code EUSAGE' >&2; echo 'npm error' >&2; echo 'npm error The lock file and package.json do not fit.' >&2; exit 1 ;;
esac
rm -rf node_modules
mkdir -p node_modules/@tensorflow
ln -s "$STANDIN_PACKAGES/@tensorflow/tfjs-node-gpu" node_modules/@tensorflow/tfjs-node-gpu
if [ "$STANDIN_NPM" = slow ]; then touch npm-started; sleep 60; fi
ln -s "$STANDIN_PACKAGES/node-api-headers" node_modules/node-api-headers
cp "$STANDIN_INSTALLED" node_modules/.package-lock.json
`,
  python3: `#!/bin/sh
PATH=/usr/bin:/bin
echo "python3 $3" >> "$STANDIN_CALLS"
if [ "$STANDIN_PIP" = none ]; then echo '/usr/bin/python3: No module named pip' >&2; exit 1; fi
if [ "$3" = --version ]; then echo 'pip 23.0.1'; exit 0; fi
case "$STANDIN_PIP" in
  full) echo 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device' >&2; exit 1 ;;
  unknown) echo 'ERROR: No matching distribution found for tensorflow-cpu==2.21.0' >&2; exit 1 ;;
esac
echo 'WARNING: Retrying: NewConnectionError: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution' >&2
echo 'ERROR: No matching distribution found for tensorflow-cpu==2.21.0' >&2
exit 1
`,
  'c++': `#!/bin/sh
PATH=/usr/bin:/bin
echo "c++" >> "$STANDIN_CALLS"
if [ "$STANDIN_COMPILER" = broken ]; then echo 'fatal error: cannot execute cc1plus' >&2; exit 1; fi
if [ "$STANDIN_COMPILER" = slow ]; then touch compiler-started; sleep 60; fi
while [ "$1" != -o ]; do shift; done
echo 'an addon' > "$2"
`,
}

const zig = programs['c++'].replace('echo "c++"', 'echo "zig $1 $2 $3"').replace(/^if .*broken.*$/m, '')

export type Checkout = Readonly<{
  root: string
  cache: string
  wheels: string
  /** Runs the bootstrap to its end. */
  bootstrap(environment?: NodeJS.ProcessEnv, ...args: string[]): Promise<{ code: number; lines: string[] }>
  /** Starts the bootstrap as the head of a process group of its own. */
  start(environment?: NodeJS.ProcessEnv): ChildProcess
  /** What the stand-ins were asked, in order. */
  calls(): string[]
  /** Takes a program off the machine. */
  remove(program: keyof typeof programs): void
}>

const folders: string[] = []

export function removeCheckouts(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** A bare checkout with the real scripts and runtime, on a machine on which the stand-ins are the only programs. */
export function makeCheckout(): Checkout {
  const base = mkdtempSync(join(tmpdir(), 'spicerack-bootstrap-'))
  folders.push(base)
  const [root, cache, wheels, bin, callsPath] = ['checkout', 'cache', 'wheels', 'bin', 'calls'].map((name) => join(base, name)) as [
    string,
    string,
    string,
    string,
    string,
  ]
  for (const folder of [root, cache, wheels, bin]) mkdirSync(folder)
  for (const path of ['scripts', 'src-main/engine/runtime', 'src-main/engine/files', 'src-shared', 'package.json', 'tests/python'])
    cpSync(join(repository, path), join(root, path), { recursive: true })
  const packages = lockedPackages()
  const otherPlatform = { 'node_modules/of-another-platform': { version: '1.0.0', optional: true } }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages, ...otherPlatform } }))
  writeFileSync(join(base, 'installed.json'), JSON.stringify({ packages }))
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), text)
    chmodSync(join(bin, name), 0o755)
  }
  writeWheel(join(wheels, 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl'), {
    'tensorflow/libtensorflow_cc.so.2': 'libraries',
    'tensorflow/libtensorflow_framework.so.2': 'more libraries',
    'tensorflow/include/tensorflow/c/c_api.h': '// headers',
    'tensorflow/python/keras.py': 'raise SystemExit',
  })
  writeWheel(join(wheels, 'ziglang-0.13.0-py3-none-manylinux_2_12_x86_64.whl'), { 'ziglang/zig': zig })

  const start = (environment: NodeJS.ProcessEnv = {}, ...args: string[]): ChildProcess =>
    spawn(process.execPath, [join(root, 'scripts', 'bootstrap.mjs'), ...args], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: bin,
        HOME: base,
        XDG_CACHE_HOME: cache,
        SPICERACK_TENSORFLOW: 'cpu',
        SPICERACK_WHEELS: wheels,
        STANDIN_CALLS: callsPath,
        STANDIN_INSTALLED: join(base, 'installed.json'),
        STANDIN_PACKAGES: join(repository, 'node_modules'),
        ...environment,
      },
    })
  return {
    root,
    cache,
    wheels,
    start,
    bootstrap: (environment, ...args) => linesOf(start(environment, ...args)),
    calls: () => (existsSync(callsPath) ? readFileSync(callsPath, 'utf8').trim().split('\n') : []),
    remove: (program) => rmSync(join(bin, program)),
  }
}

function lockedPackages(): Record<string, { version: string }> {
  const paths = ['@tensorflow/tfjs-node-gpu', 'node-api-headers'].map((name) => `node_modules/${name}`)
  const versionOf = (path: string): string =>
    (JSON.parse(readFileSync(join(repository, path, 'package.json'), 'utf8')) as { version: string }).version
  return Object.fromEntries(paths.map((path) => [path, { version: versionOf(path) }]))
}

/** What a started bootstrap says until it ends, without its prefix. */
export async function linesOf(child: ChildProcess): Promise<{ code: number; lines: string[] }> {
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const code = await new Promise<number>((resolve) => child.once('close', (exitCode) => resolve(exitCode ?? -1)))
  const lines = output.split('\n').filter((line) => line !== '')
  return { code, lines: lines.map((line) => line.replace('[bootstrap] ', '')) }
}

/** Paths of everything below a folder. */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort()
}
