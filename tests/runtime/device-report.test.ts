import { afterEach, describe, expect, it } from 'vitest'
import { deviceReport } from '#engine/runtime/device-report.ts'
import { providers } from '#engine/runtime/load-backend.ts'
import { textOf } from '#shared/said.ts'
import { hideDevices, reasons } from './without-devices.ts'

hideDevices()
const nodeOptions = process.env.NODE_OPTIONS
afterEach(() => {
  if (nodeOptions === undefined) delete process.env.NODE_OPTIONS
  else process.env.NODE_OPTIONS = nodeOptions
})

const summary = (report: Awaited<ReturnType<typeof deviceReport>>) => ({
  used: report.used,
  providers: report.providers.map(({ name, state, reason }) => [name, state, textOf(reason)]),
})
const unavailable = Object.entries(reasons).map(([name, reason]) => [name, 'unavailable', reason])

describe('deviceReport', () => {
  it('tries every provider in order; exactly one is used, the others say why not', async () => {
    const report = await deviceReport({ backend: 'auto', full: true })
    expect(summary(report)).toEqual({
      used: 'wasm',
      providers: [
        ...unavailable,
        ['wasm', 'used', expect.stringMatching(/^CPU, \d+ cores, WebAssembly$/)],
        ['cpu', 'possible', 'CPU, one core, JavaScript'],
      ],
    })
    expect(report.providers.map(({ name, title }) => [name, title])).toEqual(providers.map(({ name, title }) => [name, title]))
    for (const { selfTestError, gigaMacsPerSecond } of report.providers.slice(3)) {
      expect(selfTestError).toBeLessThan(1e-5)
      expect(gigaMacsPerSecond).toBeGreaterThan(0)
    }
  })

  it('stops at the first that works when not asked for all', async () => {
    expect(summary(await deviceReport({ backend: 'auto', full: false })).providers.slice(3)).toEqual([
      ['wasm', 'used', expect.any(String)],
      ['cpu', 'possible', 'Not tried: one before it works. See all with --full.'],
    ])
  })

  it('uses the one that was asked for, or none', async () => {
    const cpu = summary(await deviceReport({ backend: 'cpu', full: false }))
    expect({ used: cpu.used, states: cpu.providers.map(([, state]) => state) }).toEqual({
      used: 'cpu',
      states: ['possible', 'possible', 'possible', 'possible', 'used'],
    })
    const wheel = summary(await deviceReport({ backend: 'tensorflow-wheel', full: true }))
    expect({ used: wheel.used, usedCount: wheel.providers.filter(([, state]) => state === 'used').length }).toEqual({
      used: null,
      usedCount: 0,
    })
  })

  it('outlives a provider that crashes', async () => {
    const crash = "if (process.argv.at(-1) === 'wasm') process.kill(process.pid, 'SIGSEGV')"
    process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(crash)}`
    expect(summary(await deviceReport({ backend: 'auto', full: false })).providers.slice(3)).toEqual([
      ['wasm', 'unavailable', 'It crashed while it was tried: it was ended by SIGSEGV.'],
      ['cpu', 'used', expect.any(String)],
    ])
  })
})
