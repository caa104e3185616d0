import { existsSync, readFileSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { compileAddon } from './compile-addon.ts'
import { downloadWheel } from './download-wheel.ts'
import { withFileLock } from './file-lock.mjs'
import { type TensorFlowBuild, tensorFlowBuild, tensorFlowVersion, unsupportedReason } from './tensorflow-build.ts'
import { extraRequirements, unpackWheel } from './wheel.ts'

/** What the installer is doing, for a person; `ratio` 0-1 where it is known. */
export type InstallProgress = Readonly<{ step: 'wait' | 'download' | 'unpack' | 'compile'; note: string; ratio: number | null }>

export type InstallOptions = Readonly<{ signal?: AbortSignal | undefined; onProgress?: (progress: InstallProgress) => void }>

/** An installed TensorFlow: the addon and the libraries beside it. */
export type InstalledTensorFlow = Readonly<{ version: string; kind: 'cpu' | 'cuda'; addonPath: string; compiler: string; folder: string }>

type Manifest = Readonly<{ version: string; kind: 'cpu' | 'cuda'; compiler: string; files: Readonly<Record<string, number>> }>

/** The installed runtime of this machine's build; undefined when it is absent or a file of it is missing or cut off. */
export async function installedTensorFlow(): Promise<InstalledTensorFlow | undefined> {
  if (unsupportedReason() !== undefined) return undefined
  return readInstalled(tensorFlowBuild().folder)
}

/**
 * Downloads TensorFlow's libraries, compiles the addon against them and puts both in the user's cache folder, by one rename at the end.
 * Does nothing when they are there; repairs what is damaged; an interrupted call leaves nothing that a later one would trust.
 * Throws BACKEND_UNAVAILABLE, NETWORK or DISK_FULL with one sentence; AbortError when the signal aborts.
 */
export async function installTensorFlow({ signal, onProgress }: InstallOptions = {}): Promise<InstalledTensorFlow> {
  const unsupported = unsupportedReason()
  if (unsupported !== undefined) throw new SpicerackError('BACKEND_UNAVAILABLE', unsupported)
  const build = tensorFlowBuild()
  const present = await readInstalled(build.folder)
  if (present) return present
  const onWait = (processId: number): void =>
    onProgress?.({ step: 'wait', note: `Process ${processId} is installing TensorFlow already; waiting for it.`, ratio: null })
  try {
    return await withFileLock(
      `${build.folder}.lock`,
      async () => (await readInstalled(build.folder)) ?? (await install(build, signal, onProgress)),
      { onWait, signal },
    )
  } catch (error) {
    if ((error as Error).name === 'AbortError' || error instanceof SpicerackError) throw error
    const data = toErrorData(error)
    const code = data.code === 'INTERNAL' || data.code === 'NOT_FOUND' ? 'BACKEND_UNAVAILABLE' : data.code
    throw new SpicerackError(code, say('tensorFlowNotInstalled', { detail: data.message }), { advice: data.said?.advice, cause: error })
  }
}

async function install(
  build: TensorFlowBuild,
  signal: AbortSignal | undefined,
  onProgress: InstallOptions['onProgress'],
): Promise<InstalledTensorFlow> {
  const staging = `${build.folder}.partial`
  const downloads = `${build.folder}.download`
  await mkdir(downloads, { recursive: true })
  await needSpace(dirname(build.folder), build.kind === 'cuda' ? 9e9 : 1.6e9)
  await rm(staging, { recursive: true, force: true })
  await mkdir(staging, { recursive: true })

  const wheelPath = await unpackTensorFlow({ build, staging, downloads, signal, onProgress })
  if (build.kind === 'cuda') await unpackCuda({ build, wheelPath, staging, downloads, signal, onProgress })

  onProgress?.({ step: 'compile', note: 'Compiling the TensorFlow addon', ratio: null })
  const compiler = await compileAddon({ build, folder: staging, signal })
  await rm(join(staging, 'tensorflow', 'include'), { recursive: true, force: true })
  await rm(join(staging, 'zig'), { recursive: true, force: true })

  await writeManifest(staging, { version: tensorFlowVersion, kind: build.kind, compiler, files: await fileSizes(staging) })
  await rm(build.folder, { recursive: true, force: true })
  await rename(staging, build.folder)
  await rm(downloads, { recursive: true, force: true })
  const installed = await readInstalled(build.folder)
  if (!installed) throw new SpicerackError('INTERNAL', `The TensorFlow runtime was put in ${build.folder}, but is not complete there.`)
  return installed
}

type UnpackTask = Readonly<{
  build: TensorFlowBuild
  staging: string
  downloads: string
  signal: AbortSignal | undefined
  onProgress: InstallOptions['onProgress']
}>

/** Fetches and unpacks the main wheel; a damaged download is thrown away and fetched once more. */
async function unpackTensorFlow({ build, staging, downloads, signal, onProgress }: UnpackTask): Promise<string> {
  const wanted = (name: string): boolean => /^tensorflow\/(libtensorflow_(cc|framework)\.so\.2$|include\/)/.test(name)
  return unpackDownload({
    ...{ requirement: build.package, build, downloads, signal, staging, wanted },
    onDownload: (bytes) =>
      onProgress?.({ step: 'download', note: `Downloading ${build.package}`, ratio: Math.min(1, bytes / build.downloadBytes) }),
    onUnpack: (ratio) => onProgress?.({ step: 'unpack', note: 'Unpacking TensorFlow', ratio }),
  })
}

/** CUDA's own libraries come as wheels too; TensorFlow's run path finds them beside it in the wheels' layout. */
async function unpackCuda({ build, wheelPath, staging, downloads, signal, onProgress }: UnpackTask & { wheelPath: string }): Promise<void> {
  const requirements = await extraRequirements(wheelPath, 'and-cuda')
  for (const [index, requirement] of requirements.entries()) {
    const name = requirement.match(/^[\w-]+/)?.[0] ?? requirement
    onProgress?.({
      step: 'download',
      note: `Downloading ${name} (${index + 1} of ${requirements.length})`,
      ratio: index / requirements.length,
    })
    // Only TensorFlow itself needs headers; of CUDA's, nvcc's device library and tools are needed at run time (XLA), so everything else stays.
    const wanted = (file: string): boolean => file.startsWith('nvidia/') && !file.includes('/include/') && !/\.(py|pyc|a)$/.test(file)
    await unpackDownload({ requirement, build, downloads, signal, staging, wanted, onDownload: () => {}, onUnpack: () => {} })
  }
}

type DownloadTask = Omit<UnpackTask, 'onProgress'> &
  Readonly<{
    requirement: string
    wanted: (name: string) => boolean
    onDownload: (bytes: number) => void
    onUnpack: (ratio: number) => void
  }>

async function unpackDownload({
  requirement,
  build,
  downloads,
  signal,
  staging,
  wanted,
  onDownload,
  onUnpack,
}: DownloadTask): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const wheelPath = await downloadWheel({ requirement, platformTags: build.platformTags, folder: downloads, signal, onBytes: onDownload })
    try {
      await unpackWheel({ wheelPath, targetFolder: staging, wanted, signal, onProgress: (done, total) => onUnpack(done / total) })
      return wheelPath
    } catch (error) {
      const isOurs = wheelPath.startsWith(downloads)
      if (signal?.aborted || (error as NodeJS.ErrnoException).code === 'ENOSPC' || attempt === 2 || !isOurs) throw error
      await rm(wheelPath, { force: true })
    }
  }
}

async function needSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize >= bytes) return
  const missing = ((bytes - bavail * bsize) / 1e9).toFixed(1)
  throw new SpicerackError('DISK_FULL', say('tensorFlowSpace', { needed: (bytes / 1e9).toFixed(1), missing, folder }), {
    advice: say('freeOrOtherCache'),
  })
}

async function fileSizes(folder: string): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    sizes[path.slice(folder.length + 1)] = (await stat(path)).size
  }
  return sizes
}

async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = await open(join(folder, 'manifest.json'), 'w')
  await file.writeFile(JSON.stringify(manifest, undefined, 2))
  await file.sync()
  await file.close()
}

async function readInstalled(folder: string): Promise<InstalledTensorFlow | undefined> {
  const path = join(folder, 'manifest.json')
  if (!existsSync(path)) return undefined
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
    for (const [name, size] of Object.entries(manifest.files)) if ((await stat(join(folder, name))).size !== size) return undefined
    return {
      version: manifest.version,
      kind: manifest.kind,
      addonPath: join(folder, 'tfjs_binding.node'),
      compiler: manifest.compiler,
      folder,
    }
  } catch {
    return undefined
  }
}
