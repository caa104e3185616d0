import type { ClusterId } from '#shared/entities.ts'
import type { Connection } from '../connection.ts'

/** Advice of which a person does not want to hear: on one cluster twice the same id, on two the lower first. */
export type AdviceKey = Readonly<{ kind: 'mixed' | 'same'; clusterId: ClusterId; otherId: ClusterId }>

export function adviceKey(clusterId: ClusterId, other: ClusterId | null): AdviceKey {
  if (other === null) return { kind: 'mixed', clusterId, otherId: clusterId }
  return { kind: 'same', clusterId: Math.min(clusterId, other) as ClusterId, otherId: Math.max(clusterId, other) as ClusterId }
}

/** What was dismissed; changes by edits only. */
export function createDismissedAdviceTable({ sql }: Connection) {
  const columns = 'kind, cluster_id AS clusterId, other_id AS otherId'
  const all = sql.prepare<[], AdviceKey>(`SELECT ${columns} FROM dismissed_advice ORDER BY kind, cluster_id, other_id`)
  const one = sql.prepare<[AdviceKey], AdviceKey>(
    `SELECT ${columns} FROM dismissed_advice WHERE kind = @kind AND cluster_id = @clusterId AND other_id = @otherId`,
  )
  const insert = sql.prepare<[AdviceKey]>('INSERT OR IGNORE INTO dismissed_advice VALUES (@kind, @clusterId, @otherId)')
  const remove = sql.prepare<[AdviceKey]>(
    'DELETE FROM dismissed_advice WHERE kind = @kind AND cluster_id = @clusterId AND other_id = @otherId',
  )
  return {
    list: (): AdviceKey[] => all.all(),
    has: (key: AdviceKey): boolean => one.get(key) !== undefined,
    put: (key: AdviceKey, isDismissed: boolean): void => void (isDismissed ? insert : remove).run(key),
  }
}
