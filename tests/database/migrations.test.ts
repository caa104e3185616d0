import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect } from '#engine/database/connection.ts'
import { migrate } from '#engine/database/migrate.ts'
import { migrations } from '#engine/database/migrations/migrations.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-migrations-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A database of this version, with what `content` puts into it, brought to the version after. */
function migratedFrom(version: number, content: string) {
  const connection = connect(join(folder, 'project.db'))
  const backups = join(folder, 'backups')
  migrate(connection, backups, migrations.slice(0, version))
  connection.sql.exec(content)
  migrate(connection, backups, migrations.slice(0, version + 1))
  expect(readdirSync(backups)).toHaveLength(1)
  return connection
}

test('versions are 1, 2, 3 and so on', () => {
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1))
})

test('1 to 2: an imported label counts, after a person’s and before the class of the cluster', () => {
  const images = [1, 2, 3, 4].map((id) => `(${id}, 1, '${id}.png', 1, 1, 'ok', 1)`)
  const connection = migratedFrom(
    1,
    `INSERT INTO roots (id, path) VALUES (1, '/pictures');
     INSERT INTO images (id, root_id, path, size_bytes, modified_at, status, imported_at) VALUES ${images.join()};
     INSERT INTO classes (id, name, colour) VALUES (1, 'apple', '#000000'), (2, 'pear', '#000000');
     INSERT INTO labels VALUES ('imported', 1, 1, 1), ('imported', 2, 1, 1), ('human', 2, 2, 1), ('imported', 3, 1, 1);
     INSERT INTO rejections VALUES (3);`,
  )
  expect(connection.sql.prepare('SELECT image_id, class_id, source, rejected FROM effective_labels').raw().all()).toEqual([
    [1, 1, 'imported', 0],
    [2, 2, 'human', 0],
    [3, null, null, 1],
    [4, null, null, 0],
  ])
  expect(connection.sql.prepare('SELECT count(*) FROM settlements').pluck().get()).toBe(0)
  connection.close()
})

test('4 to 5: an image is where a person put it, else where it was found; another clustering keeps where they were left', () => {
  const images = [1, 2, 3].map((id) => `(${id}, 1, '${id}.png', 1, 1, 'ok', 1)`)
  const connection = migratedFrom(
    4,
    `INSERT INTO roots (id, path) VALUES (1, '/pictures');
     INSERT INTO images (id, root_id, path, size_bytes, modified_at, status, imported_at) VALUES ${images.join()};
     INSERT INTO clusters (id, name, colour) VALUES (1, 'a', '#000000'), (2, 'b', '#000000'), (3, 'c', '#000000');
     INSERT INTO runs (id, name, recipe, seed, cluster_count, image_ids, image_count, image_size_px, versions, backend_choice, created_at)
       VALUES ('run-0001', 'r', '{}', 0, 3, x'', 3, 32, '{}', 'auto', 0);
     INSERT INTO clusterings (id, run_id, stage, image_count, created_at) VALUES (1, 'run-0001', 'self', 3, 0), (2, 'run-0001', 'semi', 3, 0);
     INSERT INTO project (only_row, id, name, created_at, current_clustering_id) VALUES (1, 'p', 'p', 0, 2);
     INSERT INTO placements VALUES (1, 3);
     INSERT INTO assignments VALUES (1, 1, 2, 1, 0.5, NULL, 0), (1, 2, 1, 1, 0.5, NULL, 0);
     INSERT INTO assignments VALUES (2, 1, 3, 2, 0.5, NULL, 1), (2, 2, 2, 2, 0.75, NULL, 1);`,
  )
  const rows = (): unknown[] =>
    connection.sql.prepare('SELECT clustering_id, image_id, cluster_id, found_cluster_id FROM assignments ORDER BY 1, 2').raw().all()
  expect(rows()).toEqual([
    [1, 1, 2, 1],
    [1, 2, 1, 1],
    [2, 1, 3, 2],
    [2, 2, 2, 2],
  ])
  connection.sql.exec('DELETE FROM placements; INSERT INTO placements VALUES (2, 1)')
  expect(rows().slice(2)).toEqual([
    [2, 1, 2, 2],
    [2, 2, 1, 2],
  ])
  expect(connection.sql.prepare('SELECT image_id, cluster_id, confidence FROM effective_labels').raw().all()).toEqual([
    [1, 2, 0.5],
    [2, 1, 0.75],
    [3, null, null],
  ])
  connection.close()
})

test('5 to 6: audits can be kept, one a class and clustering, and labels stay as they are', () => {
  const connection = migratedFrom(
    5,
    `INSERT INTO roots (id, path) VALUES (1, '/pictures');
     INSERT INTO images (id, root_id, path, size_bytes, modified_at, status, imported_at) VALUES (1, 1, '1.png', 1, 1, 'ok', 1);
     INSERT INTO classes (id, name, colour) VALUES (1, 'apple', '#000000');
     INSERT INTO labels VALUES ('human', 1, 1, 1);`,
  )
  const { sql } = connection
  sql.exec('INSERT INTO audits (clustering_id, class_id) VALUES (1, 1); INSERT INTO audit_looks VALUES (1, 1, 0);')
  expect(() => sql.exec('INSERT INTO audits (clustering_id, class_id) VALUES (1, 1)')).toThrow('UNIQUE')
  expect(() => sql.exec('INSERT INTO audit_looks VALUES (1, 1, 1)')).toThrow('UNIQUE')
  expect(sql.prepare('SELECT class_id, source FROM effective_labels').raw().all()).toEqual([[1, 'human']])
  connection.close()
})

test('6 to 7: agreements of heads belong to a run and go with it', () => {
  const connection = migratedFrom(
    6,
    `INSERT INTO roots (id, path) VALUES (1, '/pictures');
     INSERT INTO images (id, root_id, path, size_bytes, modified_at, status, imported_at) VALUES (1, 1, '1.png', 1, 1, 'ok', 1);
     INSERT INTO runs (number, id, name, recipe, seed, cluster_count, image_ids, image_count, image_size_px, versions, backend_choice, created_at)
       VALUES (1, 'run-0001', 'r', '{}', 1, 2, x'', 1, 32, '{}', 'cpu', 1);`,
  )
  const { sql } = connection
  sql.exec('INSERT INTO head_agreements VALUES (1, 1, 0.5)')
  expect(() => sql.exec('INSERT INTO head_agreements VALUES (2, 1, 0.5)')).toThrow('FOREIGN KEY')
  sql.exec("DELETE FROM runs WHERE id = 'run-0001'")
  expect(sql.prepare('SELECT count(*) FROM head_agreements').pluck().get()).toBe(0)
  connection.close()
})

test('7 to 8: a run of before has chosen nothing', () => {
  const connection = migratedFrom(
    7,
    `INSERT INTO runs (number, id, name, recipe, seed, cluster_count, image_ids, image_count, image_size_px, versions, backend_choice, created_at)
       VALUES (1, 'run-0001', 'r', '{}', 1, 2, x'', 1, 32, '{}', 'cpu', 1);`,
  )
  expect(connection.sql.prepare('SELECT choices FROM runs').pluck().get()).toBe('[]')
  expect(() => connection.sql.exec("UPDATE runs SET choices = 'nonsense'")).toThrow('CHECK')
  connection.close()
})

test('8 to 9: advice can be dismissed, of one cluster or of two in one order', () => {
  const connection = migratedFrom(8, "INSERT INTO clusters (id, name, colour) VALUES (1, 'a', '#000000'), (2, 'b', '#000000')")
  const { sql } = connection
  sql.exec("INSERT INTO dismissed_advice VALUES ('mixed', 1, 1), ('same', 1, 2)")
  for (const row of ["('mixed', 1, 2)", "('same', 2, 1)", "('same', 2, 2)", "('other', 1, 1)"])
    expect(() => sql.exec(`INSERT INTO dismissed_advice VALUES ${row}`)).toThrow('CHECK')
  expect(() => sql.exec("INSERT INTO dismissed_advice VALUES ('mixed', 3, 3)")).toThrow('FOREIGN KEY')
  connection.close()
})

test('9 to 10: an export of before is known to have left out nothing', () => {
  const connection = migratedFrom(
    9,
    `INSERT INTO exports (format, path, options, state, image_count, size_bytes, created_at)
       VALUES ('csv', '/dataset', '{}', 'completed', 3, 30, 1);`,
  )
  expect(connection.sql.prepare('SELECT image_count, problems FROM exports').raw().all()).toEqual([
    [3, '{"missing":0,"unreadable":0,"changed":0,"copiedInsteadOfLinked":0}'],
  ])
  expect(() => connection.sql.exec("UPDATE exports SET problems = 'nonsense'")).toThrow('CHECK')
  connection.close()
})
