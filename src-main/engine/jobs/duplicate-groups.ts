import { setImmediate } from 'node:timers/promises'
import type { OpenProject } from '#engine/database/project.ts'
import { exactDuplicateGroups, nearDuplicateGroups } from '#engine/images/duplicates.ts'
import type { ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { JobContext } from './job-queue.ts'

/** Groups all usable images anew. Other calls are answered meanwhile; only the groups found are written in one go. @throws CANCELLED */
export async function groupDuplicates(project: OpenProject, { signal, report }: Pick<JobContext, 'signal' | 'report'>): Promise<void> {
  const images = project.images.usable()
  report({
    done: images.length,
    total: images.length,
    rate: null,
    secondsLeft: null,
    stage: null,
    phase: 'group',
    note: say('lookingForDuplicates'),
  })
  const ids = images.map(({ id }) => id)
  const exact = exactDuplicateGroups(images.map(({ contentHash }) => contentHash))
  const pause = async (): Promise<void> => {
    await setImmediate()
    if (signal.aborted) throw new SpicerackError('CANCELLED', say('duplicatesStopped'))
  }
  const perceptualHashes = images.map(({ perceptualHash }) => perceptualHash)
  const near = await nearDuplicateGroups(perceptualHashes, { pause })
  project.connection.write(() => {
    project.images.setDuplicateGroups('exact', toGroups(ids, exact))
    project.images.setDuplicateGroups('near', toGroups(ids, near))
  })
}

function toGroups(ids: readonly ImageId[], groups: Int32Array): ImageId[][] {
  const members = new Map<number, ImageId[]>()
  groups.forEach((group, index) => {
    if (group < 0) return
    const ofGroup = members.get(group)
    if (ofGroup) ofGroup.push(ids[index]!)
    else members.set(group, [ids[index]!])
  })
  return [...members.values()]
}
