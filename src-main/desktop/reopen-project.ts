import { setTimeout as delay } from 'node:timers/promises'
import type { EngineClient } from '#shared/contract/contract.ts'

const attemptCount = 20
const pauseMs = 250

/**
 * Opens the project that a lost engine had. What that engine had started may hold the project's lock a moment longer than the engine
 * lived, so this tries again for some seconds.
 */
export async function reopenProject(client: EngineClient, path: string, log: (line: string) => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.project.open({ path })
      return
    } catch (error) {
      if (attempt === attemptCount) return log(`project: not opened again, ${error}`)
      await delay(pauseMs)
    }
  }
}
