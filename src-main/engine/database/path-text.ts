import type BetterSqlite3 from 'better-sqlite3'

const separator = 0

/** The paths of all images as one text, for searches in it: ten times as fast as asking SQLite of each path. */
export interface PathText {
  /** Ids of the images whose path holds this text, whatever its case (ASCII); by path. */
  idsWith(text: string): Int32Array
}

/** Reads every path; a million take a fifth of a second, and then as many bytes as they have. */
export function readPathText(sql: BetterSqlite3.Database): PathText {
  // Both walk this index, one after the other, so they have the same order.
  const byPath = 'FROM images INDEXED BY images_by_path'
  const ids = Int32Array.from(sql.prepare<[], number>(`SELECT id ${byPath} ORDER BY path, root_id`).pluck().all())
  const joined = sql
    .prepare<[], Buffer | null>(`SELECT CAST(lower(group_concat(path, char(${separator}))) AS BLOB) ${byPath}`)
    .pluck()
    .get()
  const bytes = joined ?? Buffer.alloc(0)
  const ends = new Uint32Array(ids.length).fill(bytes.length)
  let count = 0
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === separator) ends[count++] = at

  return {
    idsWith(text) {
      const sought = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
      if (sought === '') return ids
      if (sought.includes('\0')) return new Int32Array()
      const found = new Int32Array(ids.length)
      let foundCount = 0
      let place = 0
      for (let at = bytes.indexOf(sought); at >= 0; at = bytes.indexOf(sought, ends[place])) {
        while (ends[place]! < at) place++
        found[foundCount++] = ids[place]!
        if (ends[place] === bytes.length) break
      }
      return found.subarray(0, foundCount)
    },
  }
}
