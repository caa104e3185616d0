import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { toPrincipalCoordinates } from '#engine/clustering/principal-coordinates.ts'
import { writeWholeFile } from '#engine/files/write-whole-file.ts'
import { toErrorData } from '#shared/errors.ts'
import type { LayoutMessage, LayoutTask } from '#shared/layout-protocol.ts'

/** Entry of the thread that lays a run's images out on a plane, and ends when that is done; stopped by ending it. */
if (!parentPort) throw new Error('The layout worker must be started as a worker thread.')
const port = parentPort
const { embeddingPath, count, seed, layoutPath } = workerData as LayoutTask
const say = (message: LayoutMessage): void => port.postMessage(message)

try {
  const { buffer, byteOffset, byteLength } = readFileSync(embeddingPath)
  const values = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
  const positions = toPrincipalCoordinates({ values, count, dimension: values.length / count }, 2, seed).values
  writeWholeFile(layoutPath, new Uint8Array(positions.buffer, positions.byteOffset, positions.byteLength))
  say({ kind: 'done' })
} catch (error) {
  say({ kind: 'failed', error: toErrorData(error) })
}
