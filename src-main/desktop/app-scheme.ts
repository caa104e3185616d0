import { protocol } from 'electron'
import { createPageHandler } from '#main/server/page-handler.ts'
import { plainText } from '#main/server/plain-text.ts'
import type { Handle } from '#main/server/request-handler.ts'
import { withSecurityHeaders } from '#main/server/security-headers.ts'

const scheme = 'spicerack'

/** The one origin of the app: page and engine together. */
export const appOrigin = `${scheme}://app`

/** Has to be called before Electron is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ])
}

/** Answers `spicerack://app`: the page from its folder, everything else by the engine. */
export function serveApp(options: Readonly<{ handle: Handle; staticFolder: string }>): void {
  const answer = createPageHandler(options)
  protocol.handle(scheme, async (request) => {
    const { host } = new URL(request.url)
    return withSecurityHeaders(host === 'app' ? await answer(request) : plainText(404, 'There is no such place.'))
  })
}
