import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'

/**
 * A Node request as a web-standard Request. Its signal aborts when the connection drops before the answer is complete.
 *
 * @param origin What the path is relative to, as `http://127.0.0.1:4000`.
 */
export function toWebRequest(incoming: IncomingMessage, outgoing: ServerResponse, origin: string): Request {
  const dropped = new AbortController()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) dropped.abort()
  })
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one)
  const method = incoming.method ?? 'GET'
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(new URL(incoming.url ?? '/', origin), {
    method,
    headers,
    signal: dropped.signal,
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: 'half' as const } : {}),
  })
}

/** Sends a web Response as the answer of a Node request; a dropped connection cancels the body and is no error. */
export async function sendWebResponse(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers: Record<string, string | string[]> = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  outgoing.writeHead(response.status, headers)
  outgoing.flushHeaders()
  if (response.body === null) {
    outgoing.end()
    return
  }
  const body = Readable.fromWeb(response.body as NodeReadableStream)
  outgoing.once('close', () => body.destroy())
  body.once('error', () => outgoing.destroy())
  body.pipe(outgoing)
  await finished(outgoing).catch(() => undefined)
}
