import { mayHaveBfloat16 } from '#engine/runtime/processor.ts'
import type { RunFiles, RunHost } from '#engine/training/run-context.ts'
import { modelFiles } from '#engine/worker/model-files.ts'

/** The files of a run, in memory. */
export function memoryFiles(): RunFiles {
  const files = new Map<string, Uint8Array>()
  return {
    read: (name) => files.get(name),
    write: (name, bytes) => void files.set(name, bytes),
    remove: (name) => void files.delete(name),
  }
}

/** A host that keeps a run's files in memory and tells nobody about it, but for what is given. */
export function memoryHost(listeners: Partial<RunHost> = {}): RunHost {
  return {
    files: memoryFiles(),
    models: modelFiles,
    now: () => performance.now(),
    mayHaveBfloat16,
    shouldStop: () => false,
    progress: () => undefined,
    metrics: () => undefined,
    log: () => undefined,
    ...listeners,
  }
}
