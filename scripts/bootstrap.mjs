/**
 * From a bare checkout to ready: packages, Node 24, the TensorFlow runtime, the page. No dependencies; runs on Node 20.
 * What is there is left alone; every step can be killed at any moment and is repaired by the next run.
 *   --for-tests   also looks for the Python packages that the loader tests use
 *   --retry       tries TensorFlow again even if it failed a moment ago
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { withFileLock } from '../src-main/engine/runtime/file-lock.mjs'
import { node24Path, root, searchPath } from './node-24.mjs'
import { preparePythonPeers } from './python-peers.mjs'

const packages = join(root, 'node_modules')
const installedList = join(packages, '.package-lock.json')
/** After a failure TensorFlow is left alone for this long, so that offline work is not slowed down each time. */
const retryAfterMs = 10 * 60_000
const say = (line) => console.log(`[bootstrap] ${line}`)
let lastNote = ''
let lastShownMs = 0

const isReady = await withFileLock(join(root, '.bootstrap.lock'), prepare, {
  onWait: (processId) => say(`Process ${processId} is preparing this checkout already; waiting for it.`),
}).catch((error) => {
  say(error.code === 'ENOSPC' ? 'The disk is full; free some space and run this again.' : `Stopped: ${error.message}`)
  return false
})
process.exit(isReady ? 0 : 1)

async function prepare() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    say(`Node ${process.versions.node} is too old: 20 or newer is needed.`)
    return false
  }
  if (!(await preparePackages())) return false
  const node = node24Path()
  if (!node) {
    say(
      `There is no Node 24 package that runs on ${process.platform} ${process.arch}; install Node 24 or newer yourself and run this again.`,
    )
    return false
  }
  await prepareTensorFlow(node)
  const isPageReady = await preparePage(node)
  if (!process.argv.includes('--for-tests')) return isPageReady
  return (await preparePythonPeers(say)) && isPageReady
}

async function preparePackages() {
  const missing = missingPackage()
  if (missing === undefined) return true
  say(`Installing the packages (${missing}) …`)
  // npm writes this list last: as long as it is absent, the folder is unfinished.
  rmSync(installedList, { force: true })
  const startMs = Date.now()
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { code, output } = await run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], 'packages')
  if (code === 0 && missingPackage() === undefined) {
    say(`Packages installed (${seconds(startMs)}).`)
    return true
  }
  say(packageProblem(code, output))
  return false
}

function packageProblem(code, output) {
  if (code === 127) return 'npm was not found: it comes with Node; install it and run this again.'
  if (/ENOSPC|no space left/i.test(output)) return 'The disk is full: the packages were not installed. Free 1 GB and run this again.'
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|ENOTCACHED|network/i.test(output))
    return 'The package registry cannot be reached: connect to the network and run this again.'
  const lines = output.split('\n').map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
  return `npm could not install the packages: ${lines
    .filter((line) => line !== '')
    .slice(0, 4)
    .join(' · ')}`
}

/** Why the packages need installing; undefined when every package of the lock file is there in its version. */
function missingPackage() {
  if (!existsSync(installedList)) return existsSync(packages) ? 'an unfinished installation' : 'none is there'
  let present
  try {
    present = JSON.parse(readFileSync(installedList, 'utf8')).packages
  } catch {
    return 'a damaged installation'
  }
  for (const [path, { version, optional }] of Object.entries(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages)) {
    if (path === '') continue
    if (present[path] === undefined && optional) continue
    if (present[path]?.version !== version) return `${path.replace('node_modules/', '')} has changed`
    if (!existsSync(join(root, path, 'package.json'))) return `${path.replace('node_modules/', '')} is missing`
  }
  return undefined
}

/** Never fails the bootstrap: without TensorFlow the next backend takes over. */
async function prepareTensorFlow(node) {
  const stamp = join(packages, '.spicerack-tensorflow.json')
  const last = readJson(stamp)
  const isRecent = last?.failure && Date.now() - last.atMs < retryAfterMs && !process.argv.includes('--retry')
  if (isRecent) {
    say(`${last.failure} (tried ${Math.round((Date.now() - last.atMs) / 60_000)} min ago; now: npm run bootstrap -- --retry)`)
    return
  }
  const startMs = Date.now()
  let result
  let hasWorked = false
  const { output } = await run(node, [join(root, 'src-main/engine/runtime/install-command.ts')], undefined, (line) => {
    const event = parse(line)
    if (event?.event === 'progress') {
      hasWorked = true
      showProgress(event)
    } else if (event) result = event
  })
  endProgress()
  if (result?.event === 'done') {
    if (hasWorked)
      say(`TensorFlow ${result.version} (${result.kind}) is in ${result.folder}, compiled with ${result.compiler} (${seconds(startMs)}).`)
    rmSync(stamp, { force: true })
    return
  }
  const reason = result
    ? [result.message, result.advice].filter(Boolean).join(' ')
    : `TensorFlow's installer stopped: ${output.trim().slice(-300)}`
  say(`${reason}`)
  say('Going on without TensorFlow: the next backend (WebGPU, WebAssembly) takes over.')
  writeJson(stamp, { failure: reason, atMs: Date.now() })
}

/** Builds the page when a source of it is newer than the last finished build. */
async function preparePage(node) {
  if (!existsSync(join(root, 'src-renderer', 'index.html'))) return true
  const stamp = join(packages, '.spicerack-page.json')
  const inputs = hashOf(['src-renderer', 'src-shared', 'vite.config.ts', 'package-lock.json'])
  const config = existsSync(join(root, 'vite.config.ts'))
  const last = readJson(stamp)
  if (!config || (last?.inputs === inputs && last.outputs?.every((path) => existsSync(join(root, path))))) return true
  say('Building the page …')
  const startMs = Date.now()
  const { code, output } = await run(node, [join(packages, 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'])
  if (code !== 0) {
    say(`The page was not built: ${output.trim().split('\n').slice(-8).join('\n')}`)
    return false
  }
  const outputs = ['dist/renderer/index.html', 'dist/index.html', 'out/renderer/index.html'].filter((path) => existsSync(join(root, path)))
  writeJson(stamp, { inputs, outputs })
  say(`Page built (${seconds(startMs)}).`)
  return true
}

/** Hash of paths, sizes and times of the files below these paths; fast, and enough to notice an edit. */
function hashOf(paths) {
  const hash = createHash('sha256')
  const visit = (path) => {
    const full = join(root, path)
    const entry = statSync(full, { throwIfNoEntry: false })
    if (!entry) return
    if (!entry.isDirectory()) hash.update(`${path} ${entry.size} ${entry.mtimeMs}\n`)
    else for (const name of readdirSync(full).sort()) visit(join(path, name))
  }
  for (const path of paths) visit(path)
  return hash.digest('hex')
}

/** Runs a program; a heartbeat line every 15 s tells that it is alive. Ends with us: no orphan goes on writing. */
function run(program, args, activity, onLine) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: searchPath() },
      shell: program.endsWith('.cmd'),
    })
    const startMs = Date.now()
    const heartbeat = activity ? setInterval(() => say(`… still installing ${activity} (${seconds(startMs)})`), 15_000) : undefined
    const end = () => child.kill('SIGTERM')
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, end)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        output = `${output}${line}\n`.slice(-20_000)
        if (stream === child.stdout) onLine?.(line)
      })
    const finish = (code, more = '') => {
      clearInterval(heartbeat)
      resolve({ code, output: output + more })
    }
    child.on('error', (error) => finish(error.code === 'ENOENT' ? 127 : 1, error.message))
    child.on('close', (code) => finish(code ?? 1))
  })
}

function showProgress({ note, ratio }) {
  const text = ratio === null ? note : `${note} ${Math.floor(ratio * 100)} %`
  if (process.stdout.isTTY) process.stdout.write(`\r[bootstrap] ${text}\x1b[K`)
  else if (note !== lastNote || Date.now() - lastShownMs > 5_000) {
    say(text)
    lastShownMs = Date.now()
  }
  lastNote = note
}

function endProgress() {
  if (process.stdout.isTTY && lastNote) process.stdout.write('\n')
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function writeJson(path, value) {
  mkdirSync(packages, { recursive: true })
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(value))
  renameSync(`${path}.${process.pid}`, path)
}

function parse(line) {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function seconds(startMs) {
  return `${((Date.now() - startMs) / 1000).toFixed(1)} s`
}
