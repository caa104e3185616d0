import { resolve } from 'node:path'
import { SpicerackError, toErrorData } from '#shared/errors.ts'
import type { Session } from '../session.ts'
import { isUnfinished } from '../unfinished.ts'
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

/**
 * Reads a folder into the open project and says what could not be used; goes on where reading the same folder was interrupted.
 *
 * @throws NO_IMAGES when none can.
 */
export async function importFolder(session: Session, folder: string): Promise<void> {
  const { client, output, follow } = session
  const path = resolve(folder)
  const last = (await client.jobs.list()).find(({ kind }) => kind === 'import')
  if (last && isUnfinished(last) && (last.payload as { folder: string }).folder === path) {
    output.say(`Going on reading ${folder}.`)
    await follow(await client.jobs.resume({ jobId: last.id }))
  } else await follow(await client.images.import({ folder: path }))
  const { images } = await client.project.get()
  const problems = await client.images.problems()
  output.say(`${images.ok} images${problems.length > 0 ? `, ${problems.length} files that cannot be used:` : ''}`)
  const byReason = new Map<string, number>()
  for (const { reason } of problems) byReason.set(reason, (byReason.get(reason) ?? 0) + 1)
  for (const [reason, count] of [...byReason].slice(0, 8)) output.say(`  ${count} x ${reason}`)
  if (images.ok === 0)
    throw SpicerackError.inEnglish('NO_IMAGES', `No image in ${folder} can be used.`, {
      advice: 'Choose a folder with JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP files.',
    })
}
