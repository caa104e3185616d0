import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { recentProjectSchema } from '#shared/contract/places.ts'
import type { Project } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { type ApiContext, api } from './api-context.ts'

const mostKept = 20
const samplesFolder = fileURLToPath(new URL('../../../resources/samples/fashion-mnist-1000', import.meta.url))
const fileSchema = z.array(recentProjectSchema.unwrap().omit({ isMissing: true }).readonly()).readonly()

type Entry = z.infer<typeof fileSchema>[number]

export const recentProjectsApi = {
  list: api.recentProjects.list.handler(({ context }) =>
    read(context).map((entry) => ({ ...entry, isMissing: !existsSync(join(entry.path, 'project.db')) })),
  ),
  forget: api.recentProjects.forget.handler(({ context, input }) => {
    const before = read(context)
    const after = before.filter(({ path }) => path !== input.path)
    if (after.length < before.length) write(context, after)
    return { forgotten: after.length < before.length }
  }),
  openSample: api.recentProjects.openSample.handler(async ({ context }) => {
    if (context.stateFolder === undefined)
      throw new SpicerackError('NOT_FOUND', 'There is no place for the sample project: this engine keeps nothing of its own.')
    mkdirSync(context.stateFolder, { recursive: true })
    const path = join(context.stateFolder, 'Fashion sample.spicerack')
    const isNew = !existsSync(path)
    const session = await context.open(path, isNew)
    rememberProject(context, session.project.describe())
    const job = isNew ? session.queue.add('import', { folder: samplesFolder, fit: 'squash' }) : null
    return { project: session.project.describe(), job }
  }),
}

/** Puts a project first among the recent ones. A list that cannot be written is no reason to fail. */
export function rememberProject(context: ApiContext, { path, name, images }: Project): void {
  const entry: Entry = { path, name, openedAt: Date.now(), imageCount: images.total }
  try {
    write(context, [entry, ...read(context).filter((other) => other.path !== path)].slice(0, mostKept))
  } catch {
    // Only a convenience.
  }
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
