import { resolve } from 'node:path'
import type { BackendChoice } from '#shared/worker-protocol.ts'
import type { Session } from '../session.ts'

/** Class or cluster, and confidence, of files outside the project. */
export async function predictFiles({ client, output }: Session, files: readonly string[], backend: BackendChoice): Promise<void> {
  const { isKept, predictions } = await client.predict.run({ files: files.map((file) => resolve(file)), backend })
  const lines = predictions.map(
    ({ file, problem, className, clusterName, confidence }) =>
      `${file}\t${problem ?? `${className ?? clusterName}\t${(confidence ?? 0).toFixed(3)}`}`,
  )
  if (!isKept)
    output.say('The run did not keep what its classifier says of its own images: of the same image it may say otherwise than the project.')
  output.result('predicted', { isKept, predictions }, lines.join('\n'))
}
