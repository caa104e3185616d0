import sharp from 'sharp'
import { decodeImage } from './decode-image.ts'
import { imageProblem } from './image-problem.ts'
import type { DecodeAnswer, DecodeRequest } from './image-process.ts'

/** Entry of an image process: files one after the other or at once, one native thread each, nothing kept. */
sharp.concurrency(1)
sharp.cache(false)

process.on('message', async ({ id, path, options }: DecodeRequest) => {
  const result = await decodeImage(path, options).catch((error: unknown) =>
    imageProblem('unreadable', `It could not be decoded: ${error instanceof Error ? error.message : String(error)}.`),
  )
  process.send!({ id, result } satisfies DecodeAnswer)
})
process.on('disconnect', () => process.exit())
