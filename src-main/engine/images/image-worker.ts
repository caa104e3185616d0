import { parentPort } from 'node:worker_threads'
import sharp from 'sharp'
import { type DecodeOptions, type DecodeResult, decodeImage } from './decode-image.ts'
import { imageProblem } from './image-problem.ts'

/** Entry of an image worker thread: one file at a time, one thread each, nothing kept. */
export type DecodeRequest = Readonly<{ path: string; options: DecodeOptions }>

sharp.concurrency(1)
sharp.cache(false)

parentPort!.on('message', async ({ path, options }: DecodeRequest) => {
  let result: DecodeResult
  try {
    result = await decodeImage(path, options)
  } catch (error) {
    result = imageProblem('unreadable', `It could not be decoded: ${error instanceof Error ? error.message : String(error)}.`)
  }
  parentPort!.postMessage(result)
})
