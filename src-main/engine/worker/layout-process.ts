import { readFileSync } from 'node:fs'
import { layoutPlane } from '#engine/clustering/layout-plane.ts'
import { writeWholeFile } from '#engine/files/write-whole-file.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { toErrorData } from '#shared/errors.ts'
import type { LayoutMessage, LayoutTask } from '#shared/layout-protocol.ts'

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
    const { buffer, byteOffset, byteLength } = readFileSync(embeddingPath)
    const values = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
    const options = { neighbourCount, memoryBytes, seed }
    const positions = await layoutPlane({ values, count, dimension: values.length / count }, options, { onProgress })
    writeWholeFile(layoutPath, new Uint8Array(positions.buffer, positions.byteOffset, positions.byteLength))
    say({ kind: 'done' }, () => process.exit())
  } catch (error) {
    say({ kind: 'failed', error: toErrorData(error) }, () => process.exit())
  }
}

function onProgress(doneRatio: number): void {
  if (performance.now() - toldAt < progressPauseMs) return
  toldAt = performance.now()
  say({ kind: 'progress', doneRatio })
}

function say(message: LayoutMessage, then: () => void = () => undefined): void {
  process.send?.(message, then)
}
