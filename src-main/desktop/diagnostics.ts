import { readFileSync } from 'node:fs'
import { arch, release, type } from 'node:os'
import { app } from 'electron'
import type { EngineView } from './job-watch.ts'

const logLineCount = 200

/** What a person pastes into a report of a problem: versions, the engine, the end of the log. */
export function describeDiagnostics({ status, job }: EngineView, logPath: string): string {
  const facts = [
    ['Spicerack', app.getVersion()],
    ['System', `${type()} ${release()} ${arch()}`],
    ['Electron', `${process.versions.electron} (Chromium ${process.versions.chrome})`],
    ['Engine', status ? `${status.version}, Node ${status.node}, ${status.cores} cores` : 'does not answer'],
    ['Project', status?.project ? `${status.project.images.total} images, schema ${status.project.schemaVersion}` : 'none'],
    ['Work', job ? `${job.kind}: ${job.state.kind}` : 'none'],
  ]
  return [...facts.map(([name, value]) => `${name}: ${value}`), '', ...lastLines(logPath)].join('\n')
}

function lastLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-logLineCount)
  } catch {
    return []
  }
}
