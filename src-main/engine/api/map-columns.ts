import { createHash } from 'node:crypto'
import type { MapColumns } from '#engine/database/map-columns.ts'
import type { OpenProject } from '#engine/database/project.ts'
import { type MapColumnName, mapColumnNames } from '#shared/contract/layouts.ts'
import type { RunId } from '#shared/entities.ts'

type Column = MapColumns[MapColumnName]
type Hashed = ReadonlyMap<MapColumnName, Readonly<{ hash: string; column: Column }>>

/** The columns that were read last, then those before: a page may still fetch these. */
const kept = new WeakMap<OpenProject, readonly Readonly<{ key: string; columns: Hashed }>[]>()

/** Where to GET what is known of a run's images; read again only when something was written since. */
export function describeMapColumns(project: OpenProject, runId: RunId) {
  const changeCount = project.connection.sql.prepare<[], number>('SELECT total_changes()').pluck().get() ?? 0
  const key = `${runId} ${changeCount}`
  let [last] = kept.get(project) ?? []
  if (last?.key !== key) {
    const now = { key, columns: hashed(project.mapColumns.read(project.runs.imageIds(runId))) }
    kept.set(project, [now, ...(kept.get(project) ?? []).slice(0, 1)])
    last = now
  }
  const { columns } = last
  return {
    runId,
    imageCount: columns.get('imageIds')!.column.length,
    columns: mapColumnNames.map((name) => {
      const { hash, column } = columns.get(name)!
      return { name, type: typeOf(column), url: `/map-columns/${hash}` }
    }),
  }
}

export function findMapColumn(project: OpenProject, hash: string): Column | undefined {
  for (const { columns } of kept.get(project) ?? []) for (const known of columns.values()) if (known.hash === hash) return known.column
  return undefined
}

function typeOf(column: Column): 'int32' | 'float32' | 'uint8' {
  if (column instanceof Int32Array) return 'int32'
  return column instanceof Float32Array ? 'float32' : 'uint8'
}

function hashed(columns: MapColumns): Hashed {
  return new Map(
    mapColumnNames.map((name) => {
      const column = columns[name]
      const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
      return [name, { hash: createHash('sha256').update(bytes).digest('hex').slice(0, 32), column }]
    }),
  )
}
