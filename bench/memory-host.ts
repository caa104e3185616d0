import { mayHaveBfloat16 } from '#engine/runtime/processor.ts'
import { memoryFiles } from '#engine/training/memory-files.ts'
import type { RunHost } from '#engine/training/run-context.ts'
import { modelFiles } from '#engine/worker/model-files.ts'

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
