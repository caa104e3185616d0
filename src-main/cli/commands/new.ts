import { resolve } from 'node:path'
import { toErrorData } from '#shared/errors.ts'
import type { Session } from '../session.ts'
import { importFolder } from './cluster.ts'
import { showStatus } from './status.ts'

/** Makes a project and reads a folder into it; into the one that is there already, if there is one. */
export async function newProject(session: Session, path: string, folder: string): Promise<void> {
  const isNew = await openOrCreate(session, path)
  if (!isNew) session.output.say(`${path} exists already; ${folder} is read into it.`)
  await importFolder(session, folder)
  await showStatus(session)
}

/** Whether the project was made; else it was there and is open now. @throws NOT_FOUND when something else is there. */
export async function openOrCreate({ client }: Session, path: string): Promise<boolean> {
  try {
    await client.project.create({ path: resolve(path) })
    return true
  } catch (error) {
    if (toErrorData(error).code !== 'PROJECT_EXISTS') throw error
    await client.project.open({ path: resolve(path) })
    return false
  }
}
