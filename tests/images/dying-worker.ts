import { decodeImage } from '#engine/images/decode-image.ts'
import type { DecodeAnswer, DecodeRequest } from '#engine/images/image-process.ts'

/** An image process that ends at files named so, as one does whose native code crashes or whose memory runs out. */
process.on('message', async ({ id, path, options }: DecodeRequest) => {
  if (path.includes('exits')) process.exit(3)
  if (path.includes('throws')) throw new Error('a defect in the decoder')
  if (path.includes('crashes')) process.kill(process.pid, 'SIGSEGV')
  process.send!({ id, result: await decodeImage(path, options) } satisfies DecodeAnswer)
})
process.on('disconnect', () => process.exit())
