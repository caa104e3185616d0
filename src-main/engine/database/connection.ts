import BetterSqlite3 from 'better-sqlite3'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { createImageColumns, type ImageColumns } from './image-columns.ts'

/** An open connection to a project's database; one alone writes. */
export interface Connection {
  readonly sql: BetterSqlite3.Database
  /** What is known of every image, in memory. */
  readonly columns: ImageColumns
  /**
   * Runs `work` in one transaction: committed when it returns, undone when it throws. Inside another `write` it joins that one.
   *
   * @throws DISK_FULL, FOLDER_READ_ONLY, PROJECT_DAMAGED for what SQLite reports; whatever `work` throws.
   */
  write<T>(work: () => T): T
  close(): void
}

/**
 * Opens a database file for writing.
 *
 * `synchronous = FULL`: in WAL mode the log is then flushed to the disk at every commit, so a committed edit outlives a power cut too;
 * with NORMAL it would outlive a killed process only. One edit costs one flush.
 */
export function connect(file: string): Connection {
  try {
    const sql = new BetterSqlite3(file)
    try {
      sql.pragma('journal_mode = WAL')
      sql.pragma('synchronous = FULL')
      sql.pragma('foreign_keys = ON')
      sql.pragma('busy_timeout = 5000')
      sql.pragma('cache_size = -65536')
      sql.pragma('temp_store = MEMORY')
    } catch (error) {
      sql.close()
      throw error
    }
    return toConnection(sql)
  } catch (error) {
    throw toDatabaseError(error)
  }
}

/** Opens a database file that the engine has open for writing: all reads see its state of now, whatever is written meanwhile. */
export function connectForReading(file: string): Connection {
  const sql = new BetterSqlite3(file, { readonly: true })
  sql.pragma('cache_size = -65536')
  sql.pragma('temp_store = MEMORY')
  sql.exec('BEGIN')
  return toConnection(sql)
}

function toConnection(sql: BetterSqlite3.Database): Connection {
  const columns = createImageColumns(sql)
  return {
    sql,
    columns,
    write: (work) => {
      if (sql.inTransaction) return work()
      try {
        return sql.transaction(work).immediate()
      } catch (error) {
        columns.forget()
        throw toDatabaseError(error)
      }
    },
    close: () => sql.close(),
  }
}

/** What SQLite or the file system reports, as an error with a code; other errors as they are. */
export function toDatabaseError(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code
  if (error instanceof SpicerackError || typeof code !== 'string') return error
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT')
    return new SpicerackError('DISK_FULL', say('changeDiskFull'), {
      advice: say('freeThenAgain'),
      cause: error,
    })
  if (code.startsWith('SQLITE_READONLY') || code === 'EROFS' || code === 'SQLITE_CANTOPEN' || code === 'EACCES' || code === 'EPERM')
    return new SpicerackError('FOLDER_READ_ONLY', say('projectReadOnly'), {
      advice: say('allowWriting'),
      cause: error,
    })
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
    return new SpicerackError('PROJECT_DAMAGED', say('databaseDamaged'), {
      advice: say('useNewestBackup'),
      cause: error,
    })
  return error
}
