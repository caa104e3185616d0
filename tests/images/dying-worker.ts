import { parentPort } from 'node:worker_threads'
import { decodeImage } from '#engine/images/decode-image.ts'
import type { DecodeRequest } from '#engine/images/image-worker.ts'

/** An image worker that ends at files named so, as a worker does whose memory runs out. */
parentPort!.on('message', async ({ path, options }: DecodeRequest) => {
  if (path.includes('exits')) process.exit(3)
  if (path.includes('throws')) throw new Error('a defect in the decoder')
  parentPort!.postMessage(await decodeImage(path, options))
})
