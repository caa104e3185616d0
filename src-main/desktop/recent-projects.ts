import { app } from 'electron'
import type { EngineClient } from '#shared/contract/contract.ts'

const limit = 10

/** The projects opened last, newest first, as the engine remembers them; those that are gone are left out. */
export interface RecentProjects {
  list(): readonly string[]
  /** Asks the engine again. */
  look(): Promise<void>
}

/** @param onChange Told when there are others than before. */
export function followRecentProjects(client: EngineClient, onChange: () => void): RecentProjects {
  let paths: readonly string[] = []
  return {
    list: () => paths,
    async look() {
      const entries = await client.recentProjects.list().catch(() => undefined)
      const found = entries?.flatMap(({ path, isMissing }) => (isMissing ? [] : [path])).slice(0, limit)
      if (!found || found.join('\n') === paths.join('\n')) return
      if (found[0] !== undefined) app.addRecentDocument(found[0])
      paths = found
      onChange()
    },
  }
}
