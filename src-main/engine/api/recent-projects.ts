import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { recentProjectSchema } from '#shared/contract/places.ts'
import type { ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { type ApiContext, api } from './api-context.ts'
import type { ProjectSession } from './project-session.ts'

const mostKept = 20
const coverCount = 4
const samplesFolder = fileURLToPath(new URL('../../../resources/samples/photos', import.meta.url))
const entrySchema = recentProjectSchema.unwrap().omit({ isMissing: true })
// An earlier version kept no covers.
const fileSchema = z.array(entrySchema.extend({ covers: entrySchema.shape.covers.default([]) }).readonly()).readonly()

type Entry = z.infer<typeof fileSchema>[number]

export const recentProjectsApi = {
  list: api.recentProjects.list.handler(({ context }) => {
    // Images may have come since it was opened.
    const open = context.hasSession() ? context.session() : undefined
    if (open && read(context).some(({ path }) => path === open.project.folder.path)) rememberProject(context, open)
    return read(context).map((entry) => ({ ...entry, isMissing: !existsSync(join(entry.path, 'project.db')) }))
  }),
  forget: api.recentProjects.forget.handler(({ context, input }) => {
    const before = read(context)
    const after = before.filter(({ path }) => path !== input.path)
    if (after.length < before.length) write(context, after)
    return { forgotten: after.length < before.length }
  }),
  openSample: api.recentProjects.openSample.handler(async ({ context }) => {
    if (context.stateFolder === undefined) throw new SpicerackError('NOT_FOUND', say('noSamplePlace'))
    mkdirSync(context.stateFolder, { recursive: true })
    const path = join(context.stateFolder, 'Photo sample.spicerack')
    const isNew = !existsSync(path)
    const session = await context.open(path, isNew)
    rememberProject(context, session)
    const job = isNew ? session.queue.add('import', { folder: samplesFolder, fit: 'squash' }) : null
    return { project: session.project.describe(), job }
  }),
}

/** Puts a project first among the recent ones. A list that cannot be written is no reason to fail. */
export function rememberProject(context: ApiContext, session: ProjectSession): void {
  const { path, name, images } = session.project.describe()
  try {
    const entry: Entry = { path, name, openedAt: Date.now(), imageCount: images.total, covers: coversOf(session, images.total) }
    write(context, [entry, ...read(context).filter((other) => other.path !== path)].slice(0, mostKept))
  } catch {
    // Only a convenience.
  }
}

/** Images from all over the project, as addresses that need no engine. */
function coversOf({ project, thumbnails }: ProjectSession, imageCount: number): string[] {
  const count = Math.min(coverCount, imageCount)
  const ids = Array.from({ length: count }, (_, place) => 1 + Math.floor((place * imageCount) / count))
  return ids.flatMap((id) => {
    try {
      const { thumbnailOffset: offset, thumbnailLength: length } = project.images.get(id as ImageId)
      return offset === null || length === null ? [] : [`data:image/webp;base64,${thumbnails.read({ offset, length }).toString('base64')}`]
    } catch {
      // No image has this id, or its thumbnail is damaged: the others will do.
      return []
    }
  })
}

function placeOf({ stateFolder }: ApiContext): string | undefined {
  return stateFolder === undefined ? undefined : join(stateFolder, 'recent-projects.json')
}

function read(context: ApiContext): readonly Entry[] {
  const place = placeOf(context)
  if (place === undefined || !existsSync(place)) return []
  try {
    return fileSchema.parse(JSON.parse(readFileSync(place, 'utf8')))
  } catch {
    return []
  }
}

function write(context: ApiContext, entries: readonly Entry[]): void {
  const place = placeOf(context)
  if (place === undefined) return
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(`${place}.new`, JSON.stringify(entries, undefined, 2))
  renameSync(`${place}.new`, place)
}
