import type { RunChoice } from '#shared/run-choices.ts'
import { type RunFiles, runFiles } from './run-context.ts'

/** Keeps what a run chose, in place of what it said of the same kind before. To be called before the result that follows from it is kept. */
export function noteChoice(files: Pick<RunFiles, 'read' | 'write'>, choice: RunChoice): void {
  const others = readChoices(files).filter(({ kind }) => kind !== choice.kind)
  files.write(runFiles.reasons, new TextEncoder().encode(JSON.stringify([...others, choice])))
}

/** What a run has chosen so far, in the order in which it did. */
export function readChoices(files: Pick<RunFiles, 'read'>): RunChoice[] {
  const stored = files.read(runFiles.reasons)
  return stored ? (JSON.parse(new TextDecoder().decode(stored)) as RunChoice[]) : []
}
