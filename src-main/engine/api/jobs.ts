import { api } from './api-context.ts'

export const jobsApi = {
  list: api.jobs.list.handler(({ context }) => [...context.session().jobs.list()]),
  get: api.jobs.get.handler(({ context, input }) => context.session().jobs.get(input.jobId)),
  pause: api.jobs.pause.handler(({ context, input }) => context.session().queue.pause(input.jobId)),
  resume: api.jobs.resume.handler(({ context, input }) => context.session().queue.resume(input.jobId)),
  cancel: api.jobs.cancel.handler(({ context, input }) => context.session().queue.cancel(input.jobId)),
  events: api.jobs.events.handler(({ context, input, signal }) => {
    const { jobs, events } = context.session()
    // Before the stream begins, so that an unknown job is an ordinary error.
    jobs.get(input.jobId)
    return events.read(input.jobId, signal)
  }),
}
