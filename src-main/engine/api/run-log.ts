import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { OpenProject } from '#engine/database/project.ts'
import { type RunId, saidOfErrorSchema } from '#shared/entities.ts'
import { stageNames } from '#shared/jobs.ts'
import { messageSchema } from '#shared/said-schema.ts'

const mostLines = 2000
const entrySchema = z.object({
  at: z.iso.datetime(),
  event: z.enum(['started', 'stopped', 'completed', 'failed', 'log']),
  stage: z.enum(stageNames).optional(),
  line: z.string().optional(),
  said: z.union([messageSchema, saidOfErrorSchema]).optional(),
  message: z.string().optional(),
})

/** The last lines of a run's log, oldest first; a line that was cut off by a crash is left out. */
export async function readRunLog(project: OpenProject, runId: RunId) {
  project.runs.get(runId)
  const path = join(project.folder.run(runId), 'log.ndjson')
  if (!existsSync(path)) return []
  const lines = (await readFile(path, 'utf8')).split('\n').slice(-mostLines)
  return lines.flatMap((line) => {
    const entry = entrySchema.safeParse(parse(line)).data
    if (!entry) return []
    const { at, event, stage, line: text, said, message } = entry
    const words = said && ('text' in said ? said : said.message)
    return [{ at: Date.parse(at), event, stage: stage ?? null, said: words ?? text ?? message ?? '' }]
  })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
