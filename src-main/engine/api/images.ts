import { api } from './api-context.ts'

export const imagesApi = {
  import: api.images.import.handler(({ context, input }) => context.session().queue.add('import', input)),
  list: api.images.list.handler(({ context, input }) => {
    const { pages } = context.session().project
    const { search, ...given } = input.filter
    const filter = definedOf({ ...given, text: search })
    const { sort, descending, limit, after } = input
    const { images, nextCursor } = pages.page({ filter, sort, descending, limit, cursor: after ?? null })
    return { images, next: nextCursor, total: pages.count(filter) }
  }),
  get: api.images.get.handler(({ context, input }) => context.session().project.pages.get(input.imageId)),
  problems: api.images.problems.handler(({ context }) => context.session().project.images.problems(Number.MAX_SAFE_INTEGER)),
  duplicates: api.images.duplicates.handler(({ context }) => {
    const { images } = context.session().project
    return [...images.duplicateGroups('exact'), ...images.duplicateGroups('near')]
  }),
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

function definedOf<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>
}
