import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { OpenProject } from '#engine/database/project.ts'
import type { ImageRecord, StoredImage } from '#engine/database/tables/images.ts'
import { chooseSize } from '#engine/images/choose-size.ts'
import type { DecodeResult } from '#engine/images/decode-image.ts'
import type { ImagePool } from '#engine/images/image-pool.ts'
import { openPixelPackWriter } from '#engine/images/pixel-pack.ts'
import { type HashOf, relocate } from '#engine/images/relocate.ts'
import { type FoundFile, type ScanProblem, scanFolder } from '#engine/images/scan-folder.ts'
import { openThumbnailStore } from '#engine/images/thumbnail-store.ts'
import { type ImportRequest, importRequestSchema } from '#shared/contract/images.ts'
import type { RootId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { groupDuplicates } from './duplicate-groups.ts'
import { createFileHashes } from './file-hashes.ts'
import type { JobContext, JobRunner } from './job-queue.ts'
import { findMovedRoot } from './moved-root.ts'
import { settlePackedFiles } from './packed-files.ts'
import { type PixelSettings, pixelPackPath, readPixelSettings, writePixelSettings } from './pixel-settings.ts'

const batchSize = 256
const sampleSize = 64

/** Reads a folder: scan, match with what is known, decode what is new, group duplicates. Can stop and go on at any file. */
export function createImportRunner(project: OpenProject, pool: ImagePool): JobRunner {
  return async (given) => {
    const request = importRequestSchema.parse(given.job.payload)
    const rootPath = rootOf(request.folder)
    let { movedFrom } = given.job.progress
    const context: JobContext = {
      ...given,
      report: (progress) => given.report(movedFrom === undefined ? progress : { ...progress, movedFrom }),
    }
    const { files, problems } = await scan(rootPath, context)
    const hashOf = createFileHashes(rootPath, context)
    const movedRoot = await findMovedRoot(project, rootPath, files, hashOf)
    if (movedRoot) {
      project.project.moveRoot(movedRoot.id, rootPath)
      movedFrom = movedRoot.path
      context.log(`The folder ${movedFrom} was found again at ${rootPath}; its images keep their labels.`)
    }
    const rootId = movedRoot?.id ?? project.project.addRoot(rootPath)
    settlePackedFiles(project)
    const toDecode = await settleKnown(project, rootId, files, problems, hashOf)
    if (toDecode.length > 0) {
      const settings = readPixelSettings(project.folder) ?? (await choosePixelSettings(request, toDecode, rootPath, pool))
      writePixelSettings(project.folder, settings)
      const isDone = await decode({ project, pool, rootId, rootPath, settings, context }, toDecode)
      if (!isDone) return 'stopped'
    }
    await groupDuplicates(project, context)
    const counts = project.images.counts()
    if (counts.ok === 0)
      throw new SpicerackError('NO_IMAGES', say('noneReadable', { path: rootPath, files: counts.unreadable }), {
        advice: say('chooseImageFolder'),
      })
    return 'completed'
  }
}

function rootOf(folder: string): string {
  try {
    return realpathSync(resolve(folder))
  } catch (cause) {
    throw new SpicerackError('FOLDER_UNREADABLE', say('folderUnreadable', { path: folder }), {
      advice: say('checkFolder'),
      cause,
    })
  }
}

async function scan(rootPath: string, { signal, report }: JobContext): Promise<{ files: FoundFile[]; problems: ScanProblem[] }> {
  const files: FoundFile[] = []
  const problems: ScanProblem[] = []
  for await (const entry of scanFolder(rootPath, { signal })) {
    if (entry.kind === 'file') files.push(entry)
    else problems.push(entry)
    report({ done: files.length, total: null, rate: null, secondsLeft: null, stage: null, phase: 'list', note: say('lookingForFiles') })
  }
  return { files, problems }
}

/** Brings the rows of known files up to date; returns the files that must be decoded, in listed order. */
async function settleKnown(
  project: OpenProject,
  rootId: RootId,
  files: readonly FoundFile[],
  problems: readonly ScanProblem[],
  hashOf: HashOf,
): Promise<FoundFile[]> {
  const stored = project.images.ofRoot(rootId)
  const problemPaths = new Set(problems.map(({ relativePath }) => relativePath))
  const known = stored
    .filter(({ path }) => !problemPaths.has(path))
    .map((image) => ({
      relativePath: image.path,
      contentHash: image.contentHash,
      sizeBytes: image.sizeBytes,
      mtimeMs: image.modifiedAt,
      image,
    }))
  const { unchanged, moved, changed, added, missing } = await relocate(known, files, hashOf)
  const moves = [...unchanged.filter(isTouched), ...moved]
  project.connection.write(() => {
    project.images.move(
      moves.map(({ known: { image }, found }) => ({ id: image.id, rootId, path: found.relativePath, modifiedAt: found.mtimeMs })),
    )
    const lost = missing.filter(({ image }) => image.status !== 'missing')
    const lostIds = lost.map(({ image }) => image.id)
    project.images.setStatus(lostIds, 'missing', 'vanished', 'It is not in the folder any more.')
    project.images.save(problems.map((problem) => toProblemRecord(rootId, problem.relativePath, problem)))
  })
  const lacking = [...unchanged, ...moved].filter(({ known: { image } }) => !isDecoded(image))
  const toDecode = new Set([...[...changed, ...lacking].map(({ found }) => found), ...added])
  return files.filter((file) => toDecode.has(file))
}

function isTouched({ known, found }: { known: { image: StoredImage }; found: FoundFile }): boolean {
  return known.image.modifiedAt !== found.mtimeMs || known.image.status === 'missing'
}

/** False for what could not be read before, which may be possible now, and for what was lost since. */
function isDecoded({ status, pixelRow, thumbnailOffset }: StoredImage): boolean {
  return status !== 'unreadable' && pixelRow !== null && thumbnailOffset !== null
}

async function choosePixelSettings(
  request: ImportRequest,
  files: readonly FoundFile[],
  rootPath: string,
  pool: ImagePool,
): Promise<PixelSettings> {
  if (request.size !== undefined) return { size: request.size, fit: request.fit }
  const every = Math.max(1, Math.floor(files.length / sampleSize))
  const sample = files.filter((_, index) => index % every === 0).slice(0, sampleSize)
  const sizes: { width: number; height: number }[] = []
  await pool.decodeAll(
    sample.map(({ relativePath }) => ({ path: join(rootPath, relativePath) })),
    { size: 32, fit: request.fit },
    { onResult: (_, result) => void (result.kind === 'image' && sizes.push(result)) },
  )
  return { size: chooseSize(sizes, files.length), fit: request.fit }
}

type DecodePlace = Readonly<{
  project: OpenProject
  pool: ImagePool
  rootId: RootId
  rootPath: string
  settings: PixelSettings
  context: JobContext
}>

/** Decodes in listed order; each batch is on the disk before the database knows it. False when it was stopped. */
async function decode({ project, pool, rootId, rootPath, settings, context }: DecodePlace, files: readonly FoundFile[]): Promise<boolean> {
  // What lies beyond this was written by a process that died before it could say so.
  const known = project.images.packedLengths()
  const pack = openPixelPackWriter({ path: pixelPackPath(project.folder, settings.size), size: settings.size, count: known.pixelRows })
  const thumbnails = openThumbnailStore(project.folder.thumbnails, known.thumbnailBytes)
  let batch: ImageRecord[] = []
  const commit = (): void => {
    if (batch.length === 0) return
    pack.flush()
    thumbnails.flush()
    project.images.save(batch)
    batch = []
  }
  const startedAt = performance.now()
  const total = files.length
  try {
    const { cancelled } = await pool.decodeAll(
      files.map((file) => ({ path: join(rootPath, file.relativePath), file })),
      settings,
      {
        signal: context.signal,
        onResult: ({ file }, result, index) => {
          batch.push(toRecord(rootId, file, result, pack.append, thumbnails.append))
          if (batch.length >= batchSize) commit()
          const done = index + 1
          const rate = done / Math.max(0.001, (performance.now() - startedAt) / 1000)
          context.report({
            done,
            total,
            rate,
            secondsLeft: (total - done) / rate,
            stage: null,
            phase: 'decode',
            note: say('readingImages'),
          })
        },
      },
    )
    commit()
    return !cancelled
  } finally {
    pack.close()
    thumbnails.close()
  }
}

function toRecord(
  rootId: RootId,
  file: FoundFile,
  result: DecodeResult,
  appendPixels: (rows: Uint8Array) => number,
  appendThumbnail: (thumbnail: Uint8Array) => { offset: number; length: number },
): ImageRecord {
  if (result.kind === 'problem')
    return { ...toProblemRecord(rootId, file.relativePath, result), sizeBytes: file.sizeBytes, modifiedAt: file.mtimeMs }
  const thumbnail = appendThumbnail(result.thumbnail)
  return {
    rootId,
    path: file.relativePath,
    contentHash: result.contentHash,
    sizeBytes: result.sizeBytes,
    modifiedAt: file.mtimeMs,
    widthPx: result.width,
    heightPx: result.height,
    format: result.format,
    status: 'ok',
    problemCode: null,
    reason: result.note,
    perceptualHash: result.perceptualHash,
    pixelRow: appendPixels(result.pixels),
    thumbnailOffset: thumbnail.offset,
    thumbnailLength: thumbnail.length,
  }
}

function toProblemRecord(rootId: RootId, path: string, { code, message }: { code: string; message: string }): ImageRecord {
  const nothing = { contentHash: null, widthPx: null, heightPx: null, format: null, perceptualHash: null }
  const noPlace = { pixelRow: null, thumbnailOffset: null, thumbnailLength: null }
  return { rootId, path, sizeBytes: 0, modifiedAt: 0, status: 'unreadable', problemCode: code, reason: message, ...nothing, ...noPlace }
}
