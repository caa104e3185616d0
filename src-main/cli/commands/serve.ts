import { fileURLToPath } from 'node:url'
import { startHttpShell } from '#main/server/http-shell.ts'
import type { Session } from '../session.ts'

/** Serves the page and the engine on 127.0.0.1 until Ctrl-C. */
export async function serve({ handle, output }: Session, port: number): Promise<void> {
  const staticFolder = fileURLToPath(new URL('../../../dist/renderer', import.meta.url))
  const shell = await startHttpShell({ handle, port, staticFolder })
  output.result(
    'serving',
    { origin: shell.origin, link: shell.createLink() },
    `Open ${shell.createLink()}\nThe link works once. Stop with Ctrl-C.`,
  )
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await shell.close()
}
