import { chmod, rm } from 'node:fs/promises'
import { createServer, request as nodeRequest } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { createRequestListener, type Handle } from './request-handler.ts'

const origin = 'http://spicerack.local'
const isNamedPipe = (path: string): boolean => path.startsWith('\\\\.\\pipe\\')

export type SocketShell = Readonly<{ path: string; close(): Promise<void> }>

/**
 * Serves the engine on a Unix socket or a Windows named pipe. Only the user who started it may connect:
 * the socket file has mode 0600 and its folder should be private, so no token is asked.
 */
export async function startSocketShell(options: Readonly<{ handle: Handle; path: string }>): Promise<SocketShell> {
  const { handle, path } = options
  const server = createServer(createRequestListener(handle, () => origin))
  if (!isNamedPipe(path)) await rm(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  if (!isNamedPipe(path)) await chmod(path, 0o600)
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { path, close }
}

/** Carries web Requests to an engine behind a local socket; the other end of {@link startSocketShell}. */
export function createSocketCarrier(path: string): Handle {
  return (request) =>
    new Promise((resolve, reject) => {
      const { pathname, search } = new URL(request.url)
      const outgoing = nodeRequest({
        socketPath: path,
        path: pathname + search,
        method: request.method,
        headers: Object.fromEntries(request.headers),
        signal: request.signal,
      })
      outgoing.once('error', reject)
      outgoing.once('response', (incoming) => {
        const headers = new Headers()
        for (let i = 0; i < incoming.rawHeaders.length; i += 2) headers.append(incoming.rawHeaders[i]!, incoming.rawHeaders[i + 1]!)
        const status = incoming.statusCode ?? 502
        const hasNoBody = request.method === 'HEAD' || status === 204 || status === 304
        const body = hasNoBody ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>)
        resolve(new Response(body, { status, headers }))
      })
      if (request.body === null) outgoing.end()
      else Readable.fromWeb(request.body as NodeReadableStream).pipe(outgoing)
    })
}
