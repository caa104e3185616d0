import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const sizeLimitBytes = 2 ** 20
const oldFileCount = 3

/** A log that never fails its caller and never grows past four megabytes: NAME.log, then NAME.log.1 to .3, oldest last. */
export interface LogFile {
  readonly path: string
  write(line: string): void
}

export function openLogFile(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true })
  const rotate = (): void => {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < sizeLimitBytes) return
    for (let number = oldFileCount; number > 0; number--) {
      const from = number === 1 ? path : `${path}.${number - 1}`
      if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${path}.${number}`)
    }
  }
  return {
    path,
    write(line) {
      try {
        rotate()
        appendFileSync(path, `${new Date().toISOString()} ${line}\n`)
      } catch {
        // A full disk must not take the app down with its log.
      }
    },
  }
}
