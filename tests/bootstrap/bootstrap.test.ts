import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type Checkout, linesOf, listing, makeCheckout, removeCheckouts } from './checkout.ts'

afterEach(removeCheckouts)

const goingOn = 'Going on without TensorFlow: the next backend (WebGPU, WebAssembly) takes over.'
const done = expect.stringMatching(/^TensorFlow 2\.21\.0 \(cpu\) is in .*, compiled with c\+\+ \(\d+\.\d s\)\.$/)

/** NODE_OPTIONS that make a process believe it runs elsewhere. */
function pretend(script: string): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` }
}

async function isThere(path: string): Promise<void> {
  while (!existsSync(path)) await sleep(20)
}

function tensorFlowFiles({ cache }: Checkout): string[] {
  return listing(join(cache, 'spicerack', 'tensorflow')).map((path) => path.replace(/^2\.21\.0-cpu-[\w-]+/, 'runtime'))
}

const installedFiles = [
  'runtime',
  'runtime/manifest.json',
  'runtime/tensorflow',
  'runtime/tensorflow/libtensorflow_cc.so.2',
  'runtime/tensorflow/libtensorflow_framework.so.2',
  'runtime/tfjs_binding.node',
]

describe.skipIf(process.platform !== 'linux')('bootstrap', () => {
  it('gets everything in the first run and does nothing in the second', async () => {
    const checkout = makeCheckout()
    const first = await checkout.bootstrap()
    expect({ code: first.code, calls: checkout.calls(), files: tensorFlowFiles(checkout) }).toEqual({
      code: 0,
      calls: ['npm ci --ignore-scripts --no-audit --no-fund --loglevel=error', 'c++'],
      files: installedFiles,
    })
    expect(first.lines.at(-1)).toEqual(done)
    const before = listing(checkout.root)
    expect(await checkout.bootstrap()).toEqual({ code: 0, lines: [] })
    expect({ calls: checkout.calls().length, files: listing(checkout.root) }).toEqual({ calls: 2, files: before })
  })

  it('installs again what has changed or is damaged, and only that', async () => {
    const checkout = makeCheckout()
    await checkout.bootstrap()
    const runtime = join(checkout.cache, 'spicerack', 'tensorflow')
    const library = listing(runtime).find((path) => path.endsWith('libtensorflow_cc.so.2')) as string
    truncateSync(join(runtime, library), 3)
    const repaired = await checkout.bootstrap()
    expect({ code: repaired.code, last: repaired.lines.at(-1), calls: checkout.calls().slice(2) }).toEqual({
      code: 0,
      last: done,
      calls: ['c++'],
    })
    expect(readFileSync(join(runtime, library), 'utf8')).toBe('libraries')

    const list = join(checkout.root, 'node_modules', '.package-lock.json')
    writeFileSync(list, readFileSync(list, 'utf8').replace(/"version":"4[^"]*"/, '"version":"0.0.1"'))
    const { code, lines } = await checkout.bootstrap()
    expect({ code, first: lines[0] }).toEqual({ code: 0, first: 'Installing the packages (@tensorflow/tfjs-node-gpu has changed) …' })
  })

  it('repairs what a killed run left: in the packages, then in TensorFlow', async () => {
    const checkout = makeCheckout()
    const inPackages = checkout.start({ STANDIN_NPM: 'slow' })
    await isThere(join(checkout.root, 'npm-started'))
    process.kill(-(inPackages.pid as number), 'SIGKILL')
    await linesOf(inPackages)
    expect(existsSync(join(checkout.root, '.bootstrap.lock'))).toBe(true)

    const inTensorFlow = checkout.start({ STANDIN_COMPILER: 'slow' })
    await isThere(join(checkout.root, 'compiler-started'))
    process.kill(-(inTensorFlow.pid as number), 'SIGKILL')
    const second = await linesOf(inTensorFlow)
    expect(second.lines[0]).toBe('Installing the packages (an unfinished installation) …')
    expect(tensorFlowFiles(checkout)).not.toContain('runtime')

    const third = await checkout.bootstrap()
    expect({ code: third.code, last: third.lines.at(-1), files: tensorFlowFiles(checkout) }).toEqual({
      code: 0,
      last: done,
      files: installedFiles,
    })
    expect(existsSync(join(checkout.root, '.bootstrap.lock'))).toBe(false)
  })

  it('lets one of two runs work while the other waits', async () => {
    const checkout = makeCheckout()
    const first = checkout.start({ STANDIN_NPM: 'slow' })
    await isThere(join(checkout.root, 'npm-started'))
    const second = checkout.start()
    const said = new Promise<string>((resolve) => second.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString())))
    const rest = linesOf(second)
    expect(await said).toBe(`[bootstrap] Process ${first.pid} is preparing this checkout already; waiting for it.\n`)
    expect(checkout.calls().length).toBe(1)
    process.kill(-(first.pid as number), 'SIGKILL')
    const { code, lines } = await rest
    expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: done })
  })
})

describe.skipIf(process.platform !== 'linux')('bootstrap, packages that cannot be had', () => {
  it.each([
    ['offline', 'The package registry cannot be reached: connect to the network and run this again.'],
    ['full', 'The disk is full: the packages were not installed. Free 1 GB and run this again.'],
    ['broken', 'npm could not install the packages: code EUSAGE · The lock file and package.json do not fit.'],
  ])('%s', async (STANDIN_NPM, sentence) => {
    const checkout = makeCheckout()
    expect(await checkout.bootstrap({ STANDIN_NPM })).toEqual({ code: 1, lines: ['Installing the packages (none is there) …', sentence] })
    expect((await checkout.bootstrap()).code).toBe(0)
  })

  it('no npm', async () => {
    const checkout = makeCheckout()
    checkout.remove('npm')
    const { code, lines } = await checkout.bootstrap()
    expect({ code, last: lines.at(-1) }).toEqual({ code: 1, last: 'npm was not found: it comes with Node; install it and run this again.' })
  })

  it('Node too old, and no Node 24 for this platform', async () => {
    const checkout = makeCheckout()
    const runOn = (version: string) =>
      checkout.bootstrap(pretend(`Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`))
    expect(await runOn('18.19.0')).toEqual({ code: 1, lines: ['Node 18.19.0 is too old: 20 or newer is needed.'] })
    const { code, lines } = await runOn('20.1.0')
    expect({ code, last: lines.at(-1) }).toEqual({
      code: 1,
      last: `There is no Node 24 package that runs on linux ${process.arch}; install Node 24 or newer yourself and run this again.`,
    })
  })
})

describe.skipIf(process.platform !== 'linux')('bootstrap, TensorFlow that cannot be had', () => {
  const retry = 'run: npm run bootstrap -- --retry'

  it.each([
    [
      'offline',
      `The Python package registry cannot be reached: tensorflow-cpu==2.21.0 was not downloaded. Connect to the network, then ${retry}`,
    ],
    ['full', `The disk is full: tensorflow-cpu==2.21.0 was not downloaded. Free 2 GB in the cache folder, then ${retry}`],
    ['unknown', 'pip cannot download tensorflow-cpu==2.21.0: ERROR: No matching distribution found for tensorflow-cpu==2.21.0'],
    [
      'none',
      `Python is here but has no pip, which downloads TensorFlow. Install Python 3 with pip (Debian: apt install python3-pip), then ${retry}`,
    ],
  ])('%s: goes on, leaves it alone for a while, takes it when it can be had', async (STANDIN_PIP, sentence) => {
    const checkout = makeCheckout()
    const without = { STANDIN_PIP, SPICERACK_WHEELS: '' }
    const first = await checkout.bootstrap(without)
    expect({ code: first.code, lines: first.lines.slice(-2) }).toEqual({ code: 0, lines: [sentence, goingOn] })
    const callCount = checkout.calls().length
    expect(await checkout.bootstrap(without)).toEqual({
      code: 0,
      lines: [`${sentence} (tried 0 min ago; now: npm run bootstrap -- --retry)`],
    })
    expect(checkout.calls().length).toBe(callCount)
    const third = await checkout.bootstrap({}, '--retry')
    expect({ code: third.code, last: third.lines.at(-1) }).toEqual({ code: 0, last: done })
    expect(await checkout.bootstrap()).toEqual({ code: 0, lines: [] })
  })

  it('no Python', async () => {
    const checkout = makeCheckout()
    checkout.remove('python3')
    const { code, lines } = await checkout.bootstrap({ SPICERACK_WHEELS: '' })
    expect({ code, lines: lines.slice(-2) }).toEqual({
      code: 0,
      lines: [
        `There is no Python with pip on this machine, which downloads TensorFlow. Install Python 3 with pip (Debian: apt install python3-pip), then ${retry}`,
        goingOn,
      ],
    })
  })

  it.each([
    ["Object.defineProperty(process, 'platform', { value: 'darwin' })", /^TensorFlow from Python wheels is set up on Linux only: /],
    ["Object.defineProperty(process, 'platform', { value: 'freebsd' })", /^There are no TensorFlow wheels for freebsd /],
    ["Object.defineProperty(process, 'arch', { value: 'riscv64' })", /^There are no TensorFlow wheels for linux riscv64\.$/],
    ['process.report.getReport = () => ({ header: {} })', /^TensorFlow wheels need glibc; this system has another C library\.$/],
  ])('wrong platform: %s', async (script, sentence) => {
    const { code, lines } = await makeCheckout().bootstrap(pretend(script))
    expect({ code, lines: lines.slice(-2) }).toEqual({ code: 0, lines: [expect.stringMatching(sentence), goingOn] })
  })

  it('no compiler, or one that does not work: zig is downloaded and compiles', async () => {
    for (const hasCompiler of [false, true]) {
      const checkout = makeCheckout()
      if (!hasCompiler) checkout.remove('c++')
      const { code, lines } = await checkout.bootstrap({ STANDIN_COMPILER: 'broken' })
      expect({ code, last: lines.at(-1), lastCall: checkout.calls().at(-1), files: tensorFlowFiles(checkout) }).toEqual({
        code: 0,
        last: expect.stringMatching(/compiled with zig c\+\+ /),
        lastCall: expect.stringMatching(/^zig c\+\+ -target \w+-linux-gnu\.2\.28$/),
        files: installedFiles,
      })
    }
  })

  it('neither a compiler nor zig: names why', async () => {
    const checkout = makeCheckout()
    checkout.remove('c++')
    writeFileSync(join(checkout.wheels, 'ziglang-0.13.0-py3-none-manylinux_2_12_x86_64.whl'), 'cut off')
    const { code, lines } = await checkout.bootstrap()
    expect({ code, lines: lines.slice(-2) }).toEqual({
      code: 0,
      lines: [expect.stringMatching(/^TensorFlow was not installed: .*not a complete zip archive/), goingOn],
    })
  })
})
