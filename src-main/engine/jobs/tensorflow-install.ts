import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { InstallEvent, TensorFlowKind } from '#shared/contract/device.ts'
import { type ErrorData, fromErrorData, SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'

type Line = Readonly<{ event: 'progress' } & InstallEvent> | Readonly<{ event: 'done' }> | Readonly<{ event: 'failed' } & ErrorData>

/**
 * Installs TensorFlow in a process of its own and tells how it goes; `done` is the last event. What has been downloaded stays when it
 * is stopped, and the next call goes on with it.
 *
 * @param entry Program of the installer, which writes one JSON line an event.
 * @throws BACKEND_UNAVAILABLE, NETWORK, DISK_FULL with what the installer says; CANCELLED when the signal aborted.
 */
export async function* installTensorFlow(
  entry: URL,
  build: TensorFlowKind | 'auto',
  signal: AbortSignal | undefined,
): AsyncGenerator<InstallEvent, void, void> {
  const child = spawn(process.execPath, [fileURLToPath(entry)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...(build !== 'auto' && { SPICERACK_TENSORFLOW: build }) },
  })
  const stop = (): void => void child.kill('SIGTERM')
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line
      if (line.event === 'progress') yield { step: line.step, note: line.note, ratio: line.ratio }
      else if (line.event === 'done') {
        yield { step: 'done', note: '', ratio: 1 }
        return
      } else if (!signal?.aborted) throw fromErrorData(line)
    }
    if (signal?.aborted) throw new SpicerackError('CANCELLED', say('installStopped'))
    throw new SpicerackError('BACKEND_UNAVAILABLE', say('installerDied'), {
      advice: say('installAgain'),
    })
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}
