import { existsSync, readFileSync } from 'node:fs'
import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { layoutPlane } from '#engine/clustering/layout-plane.ts'
import { writeWholeFile } from '#engine/files/write-whole-file.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import type { LayoutMessage, LayoutTask } from '#shared/layout-protocol.ts'
import { say } from '#shared/said.ts'

/** Entry of the process that lays a run's images out on a plane, and ends when that is done; stopped by ending it. */
const progressPauseMs = 200
const memoryBytes = 256 * 2 ** 20
/** As many as UMAP looks at. */
const neighbourCount = 15
let toldAt = 0

process.on('message', (task: LayoutTask) => void layOut(task))
process.on('disconnect', () => process.exit())

async function layOut({ embeddingPath, count, seed, layoutPath }: LayoutTask): Promise<void> {
  try {
    await loadBackend('auto')
    const positions = await layoutPlane(readEmbeddings(embeddingPath, count), { neighbourCount, memoryBytes, seed }, { onProgress })
    writeWholeFile(layoutPath, new Uint8Array(positions.buffer, positions.byteOffset, positions.byteLength))
    tell({ kind: 'done' }, () => process.exit())
  } catch (error) {
    tell({ kind: 'failed', error: toErrorData(error) }, () => process.exit())
  }
}

function readEmbeddings(path: string, count: number): Embeddings {
  const bytes = existsSync(path) ? readFileSync(path) : new Uint8Array()
  const dimension = bytes.length / 4 / count
  if (!Number.isInteger(dimension) || dimension < 1)
    throw new SpicerackError('PROJECT_DAMAGED', say('embeddingGone', { path }), {
      advice: say('restoreOrRun'),
    })
  return { values: new Float32Array(new Uint8Array(bytes).buffer), count, dimension }
}

function onProgress(doneRatio: number): void {
  if (performance.now() - toldAt < progressPauseMs) return
  toldAt = performance.now()
  tell({ kind: 'progress', doneRatio })
}

function tell(message: LayoutMessage, then: () => void = () => undefined): void {
  process.send?.(message, then)
}
