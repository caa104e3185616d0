import type { OpenProject } from '#engine/database/project.ts'
import { freeClassKeys } from '#shared/class-keys.ts'
import type { ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import { toDone } from './edits.ts'
import { readKnownClasses } from './truth.ts'

export const labelsApi = {
  list: api.labels.list.handler(({ context }) => context.session().project.labels.given()),
  set: api.labels.set.handler(({ context, input: { imageIds, classId } }) =>
    toDone(
      context
        .session()
        .project.edits.apply(classId === null ? { kind: 'unlabelImages', imageIds } : { kind: 'labelImages', imageIds, classId }),
    ),
  ),
  import: api.labels.import.handler(({ context, input }) => importLabels(context.session().project, input.path)),
}

function importLabels(project: OpenProject, path: string) {
  const { classOf, unmatchedCount } = readKnownClasses(project, path)
  if (classOf.size === 0)
    throw new SpicerackError('BAD_INPUT', say('noneOfLabels', { labels: unmatchedCount }), {
      advice: say('howPathsCompare'),
    })
  const members = new Map<string, ImageId[]>()
  for (const [imageId, name] of classOf) {
    const ofClass = members.get(name)
    if (ofClass) ofClass.push(imageId)
    else members.set(name, [imageId])
  }
  const names = [...members.keys()].sort()
  const missing = names.filter((name) => !project.classes.named(name))
  const keys = freeClassKeys(project.classes.list().map(({ key }) => key))
  const edits = project.edits.apply(
    ...missing.map((name, place) => ({ kind: 'createClass' as const, name, key: keys[place] ?? null })),
    ...names.map((name) => () => ({
      kind: 'labelImages' as const,
      imageIds: members.get(name)!,
      classId: project.classes.named(name)!.id,
      source: 'imported' as const,
    })),
  )
  return { ...toDone(edits), labelled: classOf.size, classCount: names.length, unmatched: unmatchedCount }
}
