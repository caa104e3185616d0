import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { toErrorData } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { DeviceReport, DeviceRequest } from '#shared/worker-protocol.ts'
import { installedTensorFlow } from './install-tensorflow.ts'
import { loadBackend, providers } from './load-backend.ts'
import type { ProviderName } from './provider.ts'
import { tensorFlowBuild, unsupportedReason } from './tensorflow-build.ts'

type ProviderReport = DeviceReport['providers'][number]
type Trial = Omit<ProviderReport, 'state'> & Readonly<{ works: boolean; isSlow: boolean }>

/** A provider that answers nothing for this long is reported as unavailable. */
const trialTimeoutMs = 120_000

/**
 * Every compute backend, in order: which one a run with this choice uses, and why not the others. Each is tried in a process of
 * its own, so that one that crashes takes nothing else down.
 *
 * Without `full`, those after the first that works are not tried.
 */
export async function deviceReport({ backend, full }: DeviceRequest): Promise<DeviceReport> {
  const reports: ProviderReport[] = []
  let used: ProviderName | null = null
  for (const provider of providers) {
    const isAsked = backend === 'auto' || backend === provider.name
    if (used !== null && !full) {
      reports.push({
        name: provider.name,
        title: provider.title,
        state: 'possible',
        reason: say('deviceNotTried'),
      })
      continue
    }
    if (!isAsked && !full) {
      reports.push({ name: provider.name, title: provider.title, state: 'possible', reason: say('deviceOtherAsked', { backend }) })
      continue
    }
    const { works, isSlow, ...trial } = await tryProvider(provider.name, provider.title)
    const isUsed = works && used === null && isAsked && (backend !== 'auto' || !isSlow)
    if (isUsed) used = provider.name
    reports.push({ ...trial, state: isUsed ? 'used' : works ? 'possible' : 'unavailable' })
  }
  return { used, providers: reports }
}

async function tryProvider(name: ProviderName, title: string): Promise<Trial> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), name], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), trialTimeoutMs)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.resume()
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ? `it was ended by ${signal}` : `it ended with code ${code}`))
  })
  clearTimeout(timer)
  const line = output.trim().split('\n').at(-1) ?? ''
  try {
    return { title, ...(JSON.parse(line) as Omit<Trial, 'title'>) }
  } catch {
    return { name, title, works: false, isSlow: false, reason: say('deviceCrashed', { detail: ended }) }
  }
}

/** What a trial process says of its one provider. */
async function reportOne(name: ProviderName): Promise<Omit<Trial, 'title'>> {
  try {
    const { device, selfTest, slowReason } = await loadBackend(name)
    const figures = { device, selfTestError: selfTest.error, gigaMacsPerSecond: selfTest.gigaMacsPerSecond }
    return { name, works: true, isSlow: slowReason !== undefined, reason: slowReason ?? device, ...figures }
  } catch (error) {
    // The cause is what the provider said, without "the backend … cannot be used" before it.
    const { message, said } = toErrorData((error as Error).cause ?? error)
    return {
      name,
      works: false,
      isSlow: false,
      reason: said?.message ?? message,
      ...(name === 'tensorflow-wheel' && (await installSize())),
    }
  }
}

async function installSize(): Promise<{ installBytes?: number }> {
  const canBeInstalled = unsupportedReason() === undefined && (await installedTensorFlow()) === undefined
  return canBeInstalled ? { installBytes: tensorFlowBuild().downloadBytes } : {}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(await reportOne(process.argv[2] as ProviderName))}\n`, () => process.exit(0))
}
