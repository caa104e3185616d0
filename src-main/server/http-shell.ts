import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPageHandler } from './page-handler.ts'
import { plainText } from './plain-text.ts'
import { createRequestListener, type Handle } from './request-handler.ts'
import { withSecurityHeaders } from './security-headers.ts'

export type HttpShellOptions = Readonly<{
  handle: Handle
  /** 0 picks a free port. */
  port: number
  /** The built page. */
  staticFolder: string
}>

export type HttpShell = Readonly<{
  /** As `http://127.0.0.1:4000`. */
  origin: string
  /** For scripts: `Authorization: Bearer …`. */
  bearerToken: string
  /** A link that opens the page in a browser once; each call gives another. */
  createLink(): string
  close(): Promise<void>
}>

/**
 * Serves the engine and its page on 127.0.0.1. Every request needs the session: a cookie, got by opening a one-time link,
 * or the bearer token. Host and Origin are checked, so that no other site and no renamed host can reach the engine.
 */
export async function startHttpShell(options: HttpShellOptions): Promise<HttpShell> {
  const session = randomBytes(32).toString('base64url')
  const links = new Set<string>()
  const answerPageOrEngine = createPageHandler(options)
  let origin = ''
  let cookieName = ''

  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    const refusal = foreignRequest(request, origin)
    if (refusal) return plainText(403, refusal)
    const link = url.searchParams.get('link')
    if (link !== null && request.method === 'GET' && url.pathname === '/') return redeem(link)
    if (!hasSession(request))
      return plainText(401, 'This page needs a link: run "spicerack serve" and open the address that it prints. A link works once.')
    return answerPageOrEngine(request)
  }

  const redeem = (link: string): Response => {
    if (!links.delete(link))
      return plainText(401, 'This link was used already. Run "spicerack serve" again, or use the window that it opened.')
    // A page that moves on by itself, not a redirect: a strict cookie is not sent along a redirect that began on another site.
    return new Response(
      '<!doctype html><meta http-equiv="refresh" content="0;url=/"><link rel="icon" href="data:,"><title>Spicerack</title>',
      {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          'set-cookie': `${cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`,
        },
      },
    )
  }

  const hasSession = (request: Request): boolean => {
    const bearer = request.headers.get('authorization')?.match(/^Bearer (.+)$/)?.[1]
    const cookie = request.headers
      .get('cookie')
      ?.split(/;\s*/)
      .find((pair) => pair.startsWith(`${cookieName}=`))
      ?.slice(cookieName.length + 1)
    return [bearer, cookie].some((given) => given !== undefined && isSameSecret(given, session))
  }

  const handle: Handle = async (request) => withSecurityHeaders(await answer(request))

  const server = createServer(createRequestListener(handle, () => origin))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`
  cookieName = `spicerack_${port}`
  return {
    origin,
    bearerToken: session,
    createLink: () => {
      const link = randomBytes(32).toString('base64url')
      links.add(link)
      return `${origin}/?link=${link}`
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Why this request does not come from our own page, or undefined when it does. */
function foreignRequest(request: Request, origin: string): string | undefined {
  const ownHosts = [origin.slice('http://'.length), origin.slice('http://'.length).replace('127.0.0.1', 'localhost')]
  const host = request.headers.get('host')
  if (host === null || !ownHosts.includes(host)) return 'Wrong Host header.'
  const from = request.headers.get('origin')
  if (from !== null && from !== `http://${host}`) return 'Wrong Origin header.'
  const site = request.headers.get('sec-fetch-site')
  const isNavigation = request.headers.get('sec-fetch-mode') === 'navigate' && request.method === 'GET'
  if (site !== null && site !== 'same-origin' && site !== 'none' && !isNavigation) return 'Request from another site.'
  return undefined
}

function isSameSecret(given: string, secret: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(secret)
  return a.length === b.length && timingSafeEqual(a, b)
}
