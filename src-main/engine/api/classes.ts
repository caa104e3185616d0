import { api } from './api-context.ts'
import { toDone } from './edits.ts'

export const classesApi = {
  list: api.classes.list.handler(({ context }) => context.session().project.classes.list()),
  create: api.classes.create.handler(({ context, input: { name, colour, key } }) => {
    const { project } = context.session()
    const edits = project.edits.apply({
      kind: 'createClass',
      name,
      ...(colour === undefined ? {} : { colour }),
      ...(key === undefined ? {} : { key }),
    })
    return { ...toDone(edits), classId: project.classes.named(name)!.id }
  }),
  change: api.classes.change.handler(({ context, input: { classId, name, colour, key } }) =>
    toDone(
      context.session().project.edits.apply({
        kind: 'changeClass',
        classId,
        ...(name === undefined ? {} : { name }),
        ...(colour === undefined ? {} : { colour }),
        ...(key === undefined ? {} : { key }),
      }),
    ),
  ),
  remove: api.classes.remove.handler(({ context, input }) =>
    toDone(context.session().project.edits.apply({ kind: 'deleteClass', ...input })),
  ),
  merge: api.classes.merge.handler(({ context, input: { classIds, into } }) =>
    toDone(context.session().project.edits.apply({ kind: 'mergeClasses', from: classIds, into })),
  ),
}
