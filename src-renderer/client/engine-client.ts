import { createEngineClient } from '#shared/contract/client.ts'
import type { EngineClient } from '#shared/contract/contract.ts'
import { type ErrorData, fromErrorData, SpicerackError } from '#shared/errors.ts'

/** The engine that served this page. A session that has ended is an error of its own, whatever was asked. */
export const engineClient: EngineClient = createEngineClient(async (request) => {
  const response = await fetch(request)
  if (response.status === 401) throw SpicerackError.inEnglish('UNAUTHORIZED', 'The session of this page has ended.')
  return response
}, window.location.origin)

/** Fetches bytes where the engine keeps them. */
export async function fetchBytes(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url)
  if (!response.ok) throw fromErrorData((await response.json()) as ErrorData)
  return response.arrayBuffer()
}

/** Fetches a list of ids where the engine keeps it. */
export async function fetchImageIds(url: string): Promise<Int32Array> {
  return new Int32Array(await fetchBytes(url))
}
