import { plainText } from './plain-text.ts'
import type { Handle } from './request-handler.ts'
import { readStaticFile } from './static-files.ts'

/** Paths that the engine answers; everything else is the page. */
const enginePath = /^\/(rpc|api|openapi\.json|thumbnails|columns|ids|originals|layouts|map-columns)(\/|$)/

/** One origin for page and engine: the engine's paths go to `handle`, the others are files of the built page. */
export function createPageHandler({ handle, staticFolder }: Readonly<{ handle: Handle; staticFolder: string }>): Handle {
  return async (request) => {
    const { pathname } = new URL(request.url)
    if (enginePath.test(pathname)) return handle(request)
    if (request.method !== 'GET' && request.method !== 'HEAD') return plainText(405, 'Only GET here.')
    return (
      (await readStaticFile(staticFolder, pathname)) ??
      plainText(404, pathname === '/' ? 'The page is not built yet: run "npm run build", then reload.' : 'There is no such page.')
    )
  }
}
