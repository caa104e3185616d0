import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { cacheFolder } from '#engine/files/cache-folder.ts'
import { type Message, say } from '#shared/said.ts'

/** The version of TensorFlow that the addon is compiled for and tested with. */
export const tensorFlowVersion = '2.21.0'

/** Raised when the layout of an installed runtime changes, so that old ones are not taken for new ones. */
const layoutVersion = 1

/** Which build of TensorFlow this machine gets, and where it lies once installed. */
export type TensorFlowBuild = Readonly<{
  kind: 'cpu' | 'cuda'
  /** The wheel, as pip names it. */
  package: string
  /** Platform tags of wheels that run here, best first. */
  platformTags: readonly string[]
  /** About how much is downloaded, for progress. */
  downloadBytes: number
  /** Where it lies, once installed. */
  folder: string
}>

/** Why this machine can have no TensorFlow from wheels; undefined when it can. */
export function unsupportedReason(): Message | undefined {
  const { platform, arch } = process
  if (platform === 'darwin' || platform === 'win32') return say('wheelsNotTried', { system: platform === 'darwin' ? 'macOS' : 'Windows' })
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) return say('noWheels', { system: `${platform} ${arch}` })
  if (!isGlibc()) return say('wheelsNeedGlibc')
  return undefined
}

/** The build for this machine: CUDA where an NVIDIA driver is seen, else CPU; SPICERACK_TENSORFLOW=cpu or cuda decides it. */
export function tensorFlowBuild(): TensorFlowBuild {
  const wish = process.env.SPICERACK_TENSORFLOW
  const kind = wish === 'cpu' || wish === 'cuda' ? wish : hasNvidiaDriver() ? 'cuda' : 'cpu'
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  return {
    kind,
    package: `${kind === 'cuda' ? 'tensorflow' : 'tensorflow-cpu'}==${tensorFlowVersion}`,
    platformTags: [`manylinux_2_27_${machine}`, `manylinux2014_${machine}`, `manylinux_2_17_${machine}`, `manylinux_2_28_${machine}`],
    downloadBytes: kind === 'cuda' ? 572e6 : 274e6,
    folder: join(cacheFolder(), 'tensorflow', `${tensorFlowVersion}-${kind}-${process.platform}-${process.arch}-${addonSourceHash()}`),
  }
}

/** Folder of the npm package that holds the addon's sources. */
export function addonPackageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'))
}

function addonSourceHash(): string {
  const folder = join(addonPackageFolder(), 'binding')
  const hash = createHash('sha256').update(`layout ${layoutVersion}`)
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex').slice(0, 12)
}

function hasNvidiaDriver(): boolean {
  if (process.platform !== 'linux') return false
  return existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl')
}

function isGlibc(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined
  return Boolean(report?.header?.glibcVersionRuntime)
}
