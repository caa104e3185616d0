import { type ClassId, type ClusterId, colourSchema, type Edit, type EditId, type ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { Connection } from './connection.ts'
import type { EditAct } from './edit-acts.ts'
import { type Change, type ImageFact, packChanges, unpackChanges } from './edit-changes.ts'
import { createEditFacts } from './edit-facts.ts'
import { membersOf } from './image-columns.ts'
import { type ClassRow, createClassesTable } from './tables/classes.ts'
import { createClustersTable } from './tables/clusters.ts'
import { createContradictionsTable } from './tables/contradictions.ts'
import { type AdviceKey, createDismissedAdviceTable } from './tables/dismissed-advice.ts'

type EditRow = Omit<Edit, 'undone'> & Readonly<{ undone: number }>
type StoredChanges = Readonly<{ id: number; changes: Buffer }>
const columns = 'id, kind, group_id AS "group", image_count AS imageCount, undone, at'

/** The log of corrections: each one committed transaction, undone and redone across restarts. */
export function createEdits(connection: Connection) {
  const { sql, write } = connection
  const facts = createEditFacts(connection)
  const clusters = createClustersTable(connection)
  const classes = createClassesTable(connection)
  const contradictions = createContradictionsTable(connection)
  const dismissed = createDismissedAdviceTable(connection)
  const forgetUndone = sql.prepare('DELETE FROM edits WHERE undone = 1')
  const insert = sql.prepare(
    'INSERT INTO edits (kind, group_id, payload, changes, image_count, at) VALUES (@kind, @group, @payload, @changes, @imageCount, @at)',
  )
  const startGroup = sql.prepare('UPDATE edits SET group_id = id WHERE id = ?')
  const one = sql.prepare<[number], EditRow>(`SELECT ${columns} FROM edits WHERE id = ?`)
  const page = sql.prepare<[number, number], EditRow>(`SELECT ${columns} FROM edits WHERE id < ? ORDER BY id DESC LIMIT ?`)
  const newest = sql.prepare<[], number>('SELECT group_id FROM edits WHERE undone = 0 ORDER BY id DESC LIMIT 1').pluck()
  const firstUndone = sql.prepare<[], number>('SELECT group_id FROM edits WHERE undone = 1 ORDER BY id LIMIT 1').pluck()
  const ofGroup = sql.prepare<[number], StoredChanges>('SELECT id, changes FROM edits WHERE group_id = ? ORDER BY id')
  const mark = sql.prepare('UPDATE edits SET undone = ? WHERE group_id = ?')
  const members = (id: ClusterId): ImageId[] => membersOf(connection.columns.rows(), id)
  const mappingOf = sql.prepare<[number], ClassId>('SELECT class_id FROM mappings WHERE cluster_id = ?').pluck()
  const mappedTo = sql.prepare<[number], ClusterId>('SELECT cluster_id FROM mappings WHERE class_id = ?').pluck()
  const labelled = sql.prepare<[string, number], ImageId>('SELECT image_id FROM labels WHERE source = ? AND class_id = ?').pluck()
  const looked = sql.prepare<[number], ImageId>('SELECT image_id FROM audit_looks WHERE audit_id = ?').pluck()
  const effective = sql
    .prepare<[string], [ImageId, ClusterId | null, ClassId | null]>(
      'SELECT image_id, cluster_id, class_id FROM effective_labels WHERE image_id IN (SELECT value FROM json_each(?))',
    )
    .raw()

  /** Does the act, noting every change in `log` as it is applied. */
  const perform = (act: EditAct, log: Change[]): void => {
    const apply = (change: Change) => {
      facts.apply(change, 'after')
      log.push(change)
    }
    const place = (ids: readonly ImageId[], clusterId: ClusterId) => apply(facts.change('placement', ids, clusterId))
    const map = (clusterId: ClusterId, after: ClassId | null) =>
      apply({ kind: 'mapping', clusterId, before: mappingOf.get(clusterId) ?? null, after })
    const dismiss = (advice: AdviceKey, after: boolean) => {
      const before = dismissed.has(advice)
      if (before !== after) apply({ kind: 'dismissal', advice, before, after })
    }
    const changeClass = (before: ClassRow, after: ClassRow) => {
      checkClass(after)
      apply({ kind: 'class', before, after })
    }
    const newCluster = (name: string | undefined, colour: string | undefined): ClusterId => {
      const before = clusters.reserve()
      const after = { ...before, name: checkName(name ?? before.name), colour: checkColour(colour ?? before.colour), deleted: 0 }
      apply({ kind: 'cluster', before, after })
      return after.id
    }
    switch (act.kind) {
      case 'moveImages':
        clusters.requireVisible(act.clusterId)
        place(act.imageIds, act.clusterId)
        return
      case 'mergeClusters': {
        const into = clusters.requireVisible(act.into)
        // An earlier clustering shows clusters that were merged away since: the one that takes others in lives on.
        if (into.deleted) apply({ kind: 'cluster', before: into, after: { ...into, deleted: 0, mergedInto: null } })
        for (const id of new Set(act.from)) {
          if (id === act.into) throw new SpicerackError('BAD_INPUT', say('mergeIntoItself'))
          const before = clusters.requireVisible(id)
          place(members(id), act.into)
          map(id, null)
          apply({ kind: 'cluster', before, after: { ...before, deleted: 1, mergedInto: act.into } })
        }
        // What was dismissed was said of another cluster.
        for (const advice of dismissed.list())
          if ([act.into, ...act.from].some((id) => id === advice.clusterId || id === advice.otherId)) dismiss(advice, false)
        return
      }
      case 'splitCluster': {
        clusters.requireVisible(act.clusterId)
        const free = new Set(members(act.clusterId))
        for (const part of act.parts) {
          for (const id of part.imageIds)
            if (!free.delete(id)) throw new SpicerackError('CONFLICT', say('imageNotInCluster', { image: id, cluster: act.clusterId }))
          place(part.imageIds, newCluster(part.name, undefined))
        }
        return
      }
      case 'createCluster':
        place(act.imageIds, newCluster(act.name, act.colour))
        return
      case 'renameCluster':
      case 'recolourCluster': {
        const before = clusters.requireVisible(act.clusterId)
        const change = act.kind === 'renameCluster' ? { name: checkName(act.name) } : { colour: checkColour(act.colour) }
        apply({ kind: 'cluster', before, after: { ...before, ...change } })
        return
      }
      case 'rejectImages':
      case 'unrejectImages':
        apply(facts.change('rejection', act.imageIds, act.kind === 'rejectImages' ? 1 : null))
        return
      case 'confirmImages': {
        const rows = effective.all(JSON.stringify(act.imageIds))
        for (const [id, ids] of groupBy(rows, (row) => row[1])) place(ids, id as ClusterId)
        for (const [id, ids] of groupBy(rows, (row) => row[2])) apply(facts.change('human', ids, id))
        return
      }
      case 'createClass': {
        const before = classes.reserve()
        changeClass(before, { ...before, name: act.name, colour: act.colour ?? before.colour, key: act.key ?? null, deleted: 0 })
        return
      }
      case 'changeClass': {
        const before = classes.get(act.classId)
        const { name = before.name, colour = before.colour, key = before.key } = act
        changeClass(before, { ...before, name, colour, key })
        return
      }
      case 'deleteClass':
      case 'mergeClasses':
        for (const id of new Set(act.kind === 'deleteClass' ? [act.classId] : act.from)) {
          const into = act.kind === 'deleteClass' ? null : classes.get(act.into).id
          if (id === into) throw new SpicerackError('BAD_INPUT', say('mergeClassIntoItself'))
          const before = classes.get(id)
          for (const source of ['human', 'imported'] as const) apply(facts.change(source, labelled.all(source, id), into))
          for (const clusterId of mappedTo.all(id)) map(clusterId, into)
          apply({ kind: 'class', before, after: { ...before, deleted: 1 } })
        }
        return
      case 'mapCluster':
        clusters.requireVisible(act.clusterId)
        map(act.clusterId, act.classId === null ? null : classes.get(act.classId).id)
        return
      case 'labelImages':
        apply(facts.change(act.source ?? 'human', act.imageIds, classes.get(act.classId).id))
        return
      case 'unlabelImages':
        for (const source of ['human', 'imported'] as const) apply(facts.change(source, act.imageIds, null))
        return
      case 'dismissAdvice':
      case 'recallAdvice':
        for (const id of [act.advice.clusterId, act.advice.otherId]) clusters.requireVisible(id)
        dismiss(act.advice, act.kind === 'dismissAdvice')
        return
      case 'auditImages':
        apply(facts.change('audit', act.imageIds, act.isRight ? act.auditId : -act.auditId))
        return
      case 'forgetAudit':
        apply(facts.change('audit', looked.all(act.auditId), null))
        return
      case 'keepMine':
        apply(facts.change('settlement', act.imageIds, act.clusteringId))
        return
      case 'takeNew': {
        const said = contradictions.ofImages(act.clusteringId, act.imageIds)
        const forget = (fact: ImageFact, which: (row: (typeof said)[number]) => boolean) => {
          const ids = said.filter(which).map(({ imageId }) => imageId)
          apply(facts.change(fact, ids, null))
        }
        forget('placement', ({ clusterId }) => clusterId !== null)
        for (const source of ['human', 'imported'] as const) forget(source, ({ classId }) => classId !== null)
        forget('rejection', ({ rejected }) => rejected)
        return
      }
    }
  }
  const checkClass = (row: ClassRow): void => {
    checkName(row.name)
    checkColour(row.colour)
    const same = [classes.named(row.name), row.key === null ? undefined : classes.withKey(row.key)].find(
      (other) => other && other.id !== row.id,
    )
    if (same) throw new SpicerackError('CONFLICT', say('className', { name: same.name }))
  }
  const toEdit = (id: number): Edit => shown(one.get(id) as EditRow)
  const replay = (group: number | undefined, undone: 0 | 1): Edit[] => {
    if (group === undefined) throw new SpicerackError('NOTHING_TO_UNDO', undone ? say('nothingToUndo') : say('nothingToRedo'))
    const rows = ofGroup.all(group)
    for (const row of undone ? [...rows].reverse() : rows) {
      const changes = unpackChanges(row.changes)
      for (const change of undone ? changes.reverse() : changes) facts.apply(change, undone ? 'before' : 'after')
    }
    mark.run(undone, group)
    return rows.map((row) => toEdit(row.id))
  }

  return {
    /**
     * Does acts in one transaction; they are undone together. What was undone before can no longer be redone. A function is asked for its
     * act after those before it are done: for an act on a class that they made.
     */
    apply: (...acts: readonly (EditAct | (() => EditAct))[]): Edit[] =>
      write(() => {
        forgetUndone.run()
        let group = 0
        return acts.map((given) => {
          const act = typeof given === 'function' ? given() : given
          const changes: Change[] = []
          perform(act, changes)
          const touched = changes.map((change) =>
            change.kind === 'images' ? change.groups.reduce((sum, { ids }) => sum + ids.length, 0) : 0,
          )
          const { imageIds, parts, ...payload } = act as { imageIds?: unknown; parts?: unknown } & Record<string, unknown>
          const { lastInsertRowid } = insert.run({
            kind: act.kind,
            group,
            payload: JSON.stringify(payload),
            changes: packChanges(changes),
            imageCount: Math.max(0, ...touched),
            at: Date.now(),
          })
          const id = Number(lastInsertRowid)
          if (group === 0) {
            group = id
            startGroup.run(id)
          }
          return toEdit(id)
        })
      }),
    /** Undoes the newest group. @throws NOTHING_TO_UNDO */
    undo: (): Edit[] => write(() => replay(newest.get(), 1)),
    /** Does again what was undone last. @throws NOTHING_TO_UNDO */
    redo: (): Edit[] => write(() => replay(firstUndone.get(), 0)),
    /** Newest first; before the id given. */
    list: (limit = 100, before?: EditId): Edit[] => page.all(before ?? Number.MAX_SAFE_INTEGER, limit).map(shown),
    canUndo: (): boolean => newest.get() !== undefined,
    canRedo: (): boolean => firstUndone.get() !== undefined,
  }
}

function shown(row: EditRow): Edit {
  return { ...row, undone: row.undone === 1 }
}

function checkName(name: string): string {
  if (name.trim() === '') throw new SpicerackError('BAD_INPUT', say('emptyName'))
  return name
}

function checkColour(colour: string): string {
  if (!colourSchema.safeParse(colour).success) throw new SpicerackError('BAD_INPUT', say('notColour', { colour }))
  return colour
}

function groupBy(rows: readonly [ImageId, ClusterId | null, ClassId | null][], keyOf: (row: (typeof rows)[number]) => number | null) {
  const groups = new Map<number, ImageId[]>()
  for (const row of rows) {
    const value = keyOf(row)
    if (value === null) continue
    const same = groups.get(value)
    if (same) same.push(row[0])
    else groups.set(value, [row[0]])
  }
  return groups
}
