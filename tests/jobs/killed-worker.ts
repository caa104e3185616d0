import { parentPort } from 'node:worker_threads'

// A training worker that dies at its first message, as a native crash would end it.
parentPort!.once('message', () => {
  process.stderr.write('Segmentation fault in the driver\n')
  setTimeout(() => process.exit(134), 50)
})
