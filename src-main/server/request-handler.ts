import type { RequestListener } from 'node:http'
import { sendWebResponse, toWebRequest } from './web-request.ts'

export type Handle = (request: Request) => Promise<Response>

/** Answers Node requests with a web-standard handler; a handler that throws is answered with 500 and no details. */
export function createRequestListener(handle: Handle, origin: () => string): RequestListener {
  return (incoming, outgoing) => {
    const answer = async (): Promise<void> => {
      const response = await handle(toWebRequest(incoming, outgoing, origin()))
      await sendWebResponse(response, outgoing)
    }
    answer().catch(() => {
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(500, { 'content-type': 'text/plain' }).end('Internal error.')
    })
  }
}
