import type { ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Connection } from './connection.ts'
import type { Change, FactGroup, ImageFact } from './edit-changes.ts'
import { createClassesTable } from './tables/classes.ts'
import { createClustersTable } from './tables/clusters.ts'
import { createDismissedAdviceTable } from './tables/dismissed-advice.ts'

const facts: Record<ImageFact, { value: string; table: string; put: string; remove: string }> = {
  placement: {
    value: 'cluster_id',
    table: 'placements',
    put: 'INSERT INTO placements (image_id, cluster_id) SELECT image_id, @value FROM selection WHERE true ON CONFLICT DO UPDATE SET cluster_id = excluded.cluster_id',
    remove: 'DELETE FROM placements WHERE image_id IN (SELECT image_id FROM selection)',
  },
  rejection: {
    value: '1',
    table: 'rejections',
    put: 'INSERT OR IGNORE INTO rejections (image_id) SELECT image_id FROM selection WHERE @value = 1',
    remove: 'DELETE FROM rejections WHERE image_id IN (SELECT image_id FROM selection)',
  },
  settlement: {
    value: 'clustering_id',
    table: 'settlements',
    put: 'INSERT INTO settlements (image_id, clustering_id) SELECT image_id, @value FROM selection WHERE true ON CONFLICT DO UPDATE SET clustering_id = excluded.clustering_id',
    remove: 'DELETE FROM settlements WHERE image_id IN (SELECT image_id FROM selection)',
  },
  audit: {
    value: 'CASE fact.is_right WHEN 1 THEN fact.audit_id ELSE -fact.audit_id END',
    table: 'audit_looks',
    put: 'INSERT INTO audit_looks (image_id, audit_id, is_right) SELECT image_id, abs(@value), @value > 0 FROM selection WHERE true ON CONFLICT DO UPDATE SET audit_id = excluded.audit_id, is_right = excluded.is_right',
    remove: 'DELETE FROM audit_looks WHERE image_id IN (SELECT image_id FROM selection)',
  },
  human: labelFact('human'),
  imported: labelFact('imported'),
}

function labelFact(source: 'human' | 'imported') {
  return {
    value: 'class_id',
    table: `(SELECT image_id, class_id FROM labels WHERE source = '${source}')`,
    put: `INSERT INTO labels (source, image_id, class_id, confidence) SELECT '${source}', image_id, @value, 1 FROM selection WHERE true ON CONFLICT DO UPDATE SET class_id = excluded.class_id, confidence = 1`,
    remove: `DELETE FROM labels WHERE source = '${source}' AND image_id IN (SELECT image_id FROM selection)`,
  }
}

/** Reads what a change finds before it, and applies changes in either direction. Everything here runs inside a transaction. */
export function createEditFacts(connection: Connection) {
  const { sql, columns } = connection
  sql.exec('CREATE TEMP TABLE selection (image_id INTEGER PRIMARY KEY) STRICT')
  const clusters = createClustersTable(connection)
  const classes = createClassesTable(connection)
  const dismissed = createDismissedAdviceTable(connection)
  const clear = sql.prepare('DELETE FROM selection')
  const fill = sql.prepare('INSERT OR IGNORE INTO selection SELECT value FROM json_each(?)')
  const statements = Object.fromEntries(
    Object.entries(facts).map(([fact, { value, table, put, remove }]) => [
      fact,
      {
        read: sql
          .prepare<[], [ImageId, number | null]>(
            `SELECT selection.image_id, CASE WHEN fact.image_id IS NULL THEN NULL ELSE ${value.replace(/^(\w+_id)$/, 'fact.$1')} END
             FROM selection LEFT JOIN ${table} AS fact ON fact.image_id = selection.image_id ORDER BY selection.image_id`,
          )
          .raw(),
        put: sql.prepare(put),
        remove: sql.prepare(remove),
      },
    ]),
  )
  const map = sql.prepare('INSERT INTO mappings VALUES (?, ?) ON CONFLICT DO UPDATE SET class_id = excluded.class_id')
  const unmap = sql.prepare('DELETE FROM mappings WHERE cluster_id = ?')

  const select = (ids: readonly ImageId[]): void => {
    clear.run()
    fill.run(JSON.stringify(ids))
  }
  const setFact = (fact: ImageFact, ids: readonly ImageId[], value: number | null): void => {
    select(ids)
    if (value === null) statements[fact].remove.run()
    else statements[fact].put.run({ value })
    columns.note(fact, ids, value)
  }

  /** What these images have of a fact, by id. */
  const present = (fact: ImageFact, ids: readonly ImageId[]): readonly (readonly [ImageId, number | null])[] => {
    const known = columns.known(fact)
    if (!known) {
      select(ids)
      return statements[fact].read.all()
    }
    const { rowOfId } = columns.rows()
    return [...new Set(ids)].sort((one, other) => one - other).map((id) => [id, known[rowOfId[id]!] || null])
  }

  return {
    /** The change that gives these images this value, with what it is before. @throws NOT_FOUND for an image that does not exist. */
    change: (fact: ImageFact, ids: readonly ImageId[], after: number | null): Change => {
      const { rowOfId } = columns.rows()
      const stranger = ids.find((id) => !(rowOfId[id]! >= 0))
      if (stranger !== undefined) throw new SpicerackError('NOT_FOUND', say('imageGone', { image: stranger }))
      const byValue = new Map<number | null, ImageId[]>()
      for (const [id, before] of present(fact, ids)) {
        const same = byValue.get(before)
        if (same) same.push(id)
        else byValue.set(before, [id])
      }
      const groups = [...byValue].map(([before, members]): FactGroup => ({ before, after, ids: members }))
      return { kind: 'images', fact, groups: groups.filter(({ before }) => before !== after) }
    },
    apply: (change: Change, direction: 'before' | 'after'): void => {
      if (change.kind === 'images') for (const group of change.groups) setFact(change.fact, group.ids, group[direction])
      else if (change.kind === 'cluster') clusters.put(change[direction])
      else if (change.kind === 'class') classes.put(change[direction])
      else if (change.kind === 'dismissal') dismissed.put(change.advice, change[direction])
      else if (change[direction] === null) unmap.run(change.clusterId)
      else map.run(change.clusterId, change[direction])
    },
  }
}
