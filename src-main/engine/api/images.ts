import { api } from './api-context.ts'

export const imagesApi = {
  import: api.images.import.handler(({ context, input }) => context.session().queue.add('import', input)),
  problems: api.images.problems.handler(({ context }) => context.session().project.images.problems(Number.MAX_SAFE_INTEGER)),
  duplicates: api.images.duplicates.handler(({ context }) => {
    const { images } = context.session().project
    return [...images.duplicateGroups('exact'), ...images.duplicateGroups('near')]
  }),
}
