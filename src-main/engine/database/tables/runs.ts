import type { ImageId, Run, RunId, Stage } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { StageName } from '#shared/jobs.ts'
import { say } from '#shared/said.ts'
import type { Connection } from '../connection.ts'
import { packImageIds, unpackImageIds } from '../image-id-list.ts'
import { createStagesTable } from './stages.ts'

export type NewRun = Readonly<{
  name: string
  /** As resolved. */
  recipe: Readonly<Record<string, unknown>>
  seed: number
  clusterCount: number
  /** The images of the run in listed order. */
  imageIds: readonly ImageId[]
  imageSizePx: number
  versions: Readonly<Record<string, string>>
  backendChoice: string
  stages: readonly StageName[]
}>

type RunRow = Omit<Run, 'recipe' | 'versions' | 'choices' | 'stages'> & Readonly<{ recipe: string; versions: string; choices: string }>

const columns = `id, name, recipe, seed, cluster_count AS clusterCount, image_count AS imageCount, image_size_px AS imageSizePx, versions,
  backend_choice AS backendChoice, backend_used AS backendUsed, choices, created_at AS createdAt`

/** One row a run: its recipe as resolved, its seed, its images in order, and what computed it. */
export function createRunsTable(connection: Connection) {
  const { sql, write } = connection
  const stages = createStagesTable(connection)
  const nextNumber = sql.prepare<[], number>("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0) + 1").pluck()
  const insert = sql.prepare(
    `INSERT INTO runs (id, name, recipe, seed, cluster_count, image_ids, image_count, image_size_px, versions, backend_choice, created_at)
     VALUES (@id, @name, @recipe, @seed, @clusterCount, @imageIds, @imageCount, @imageSizePx, @versions, @backendChoice, @createdAt)`,
  )
  const one = sql.prepare<[string], RunRow>(`SELECT ${columns} FROM runs WHERE id = ?`)
  const all = sql.prepare<[], RunRow>(`SELECT ${columns} FROM runs ORDER BY number DESC`)
  const imageIds = sql.prepare<[string], Buffer>('SELECT image_ids FROM runs WHERE id = ?').pluck()
  const useBackend = sql.prepare('UPDATE runs SET backend_used = ?, versions = json_patch(versions, ?) WHERE id = ?')
  const choose = sql.prepare('UPDATE runs SET choices = ? WHERE id = ?')

  const toRun = (row: RunRow): Run => ({
    ...row,
    recipe: JSON.parse(row.recipe) as Run['recipe'],
    versions: JSON.parse(row.versions) as Run['versions'],
    choices: JSON.parse(row.choices) as Run['choices'],
    stages: stages.list(row.id),
  })
  const get = (id: RunId): Run => {
    const row = one.get(id)
    if (!row) throw new SpicerackError('NOT_FOUND', say('noSuchRun', { id }))
    return toRun(row)
  }

  return {
    create: (run: NewRun): Run =>
      write(() => {
        const id = `run-${String(nextNumber.get()).padStart(4, '0')}` as RunId
        insert.run({
          ...run,
          id,
          recipe: JSON.stringify(run.recipe),
          imageIds: packImageIds(run.imageIds),
          imageCount: run.imageIds.length,
          versions: JSON.stringify(run.versions),
          createdAt: Date.now(),
        })
        stages.add(id, run.stages)
        return get(id)
      }),
    get,
    /** Newest first. */
    list: (): Run[] => all.all().map(toRun),
    /** The images of the run, in listed order. */
    imageIds: (id: RunId): ImageId[] => {
      const bytes = imageIds.get(id)
      if (!bytes) throw new SpicerackError('NOT_FOUND', say('noSuchRun', { id }))
      return unpackImageIds(bytes)
    },
    /** Records the backend that was really used, and its versions. */
    useBackend: (id: RunId, backend: string, versions: Readonly<Record<string, string>> = {}): void =>
      write(() => void useBackend.run(backend, JSON.stringify(versions), id)),
    /** Adds what the run chose, in place of what it said of the same kind before. */
    noteChoices: (id: RunId, choices: Run['choices']): void =>
      write(() => {
        const kinds = new Set(choices.map(({ kind }) => kind))
        const kept = get(id).choices.filter(({ kind }) => !kinds.has(kind))
        choose.run(JSON.stringify([...kept, ...choices]), id)
      }),
    changeStage: (id: RunId, name: StageName, change: Partial<Omit<Stage, 'runId' | 'name'>>): Stage => stages.change(id, name, change),
  }
}
