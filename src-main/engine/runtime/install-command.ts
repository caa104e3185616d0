/** Entry of the bootstrap: installs TensorFlow and tells how it goes on standard output, one JSON line an event. */
import { toErrorData } from '#shared/errors.ts'
import { type InstallProgress, installTensorFlow } from './install-tensorflow.ts'

const write = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`)
let lastShown = ''
/** At most one line for each hundredth: unpacking reports every chunk. */
function showProgress(progress: InstallProgress): void {
  const shown = `${progress.note} ${progress.ratio === null ? '' : Math.floor(progress.ratio * 100)}`
  if (shown !== lastShown) write({ event: 'progress', ...progress })
  lastShown = shown
}

const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort())
try {
  const installed = await installTensorFlow({ signal: abort.signal, onProgress: showProgress })
  write({ event: 'done', ...installed })
} catch (error) {
  write({ event: 'failed', ...toErrorData(error) })
  process.exitCode = 1
}
