import { beforeEach, describe, expect, it } from 'vitest'
import { createProject, type OpenProject, openProject } from '#engine/database/project.ts'
import { createJobEvents, type JobEvents } from '#engine/jobs/job-events.ts'
import { createJobQueue, type JobQueue, type JobRunner, type JobStore } from '#engine/jobs/job-queue.ts'
import type { JobId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import type { JobKind } from '#shared/jobs.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

/** Work that a test ends when it likes. */
type Work = { started: Promise<void>; finish(outcome: 'completed' | Error): void; runner: JobRunner }

function makeWork(): Work {
  const start = Promise.withResolvers<void>()
  const end = Promise.withResolvers<'completed' | 'stopped'>()
  return {
    started: start.promise,
    finish: (outcome) => (outcome instanceof Error ? end.reject(outcome) : end.resolve(outcome)),
    runner: async ({ signal }) => {
      signal.addEventListener('abort', () => end.resolve('stopped'))
      start.resolve()
      return end.promise
    },
  }
}

describe('the job queue', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
  let project: OpenProject
  let events: JobEvents
  let queue: JobQueue
  let works: Work[]

  const storeOf = ({ jobs }: OpenProject): JobStore => ({
    list: () => jobs.list(Number.MAX_SAFE_INTEGER),
    get: jobs.get,
    create: jobs.add,
    setState: jobs.transition,
    setProgress: jobs.saveProgress,
  })
  const next: JobRunner = (context) => {
    const work = works[context.job.id - 1] ?? makeWork()
    return work.runner(context)
  }
  const start = (): void => {
    events = createJobEvents(project.jobs.get)
    const runners: Record<JobKind, JobRunner> = { import: next, run: next, export: next }
    queue = createJobQueue({ store: storeOf(project), events, runners })
  }
  const stateOf = (jobId: JobId): string => project.jobs.get(jobId).state.kind
  const settle = async (jobId: JobId): Promise<string> => {
    await expect.poll(() => stateOf(jobId)).not.toMatch(/queued|starting|running|cancelling/)
    return stateOf(jobId)
  }

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    project = createProject(`${folder.path}/p`)
    works = Array.from({ length: 8 }, makeWork)
    start()
    return async () => {
      await queue.close()
      project.close()
      await folder.remove()
    }
  })

  it('runs one job of a kind at a time, in order, and other kinds beside it', async () => {
    const ids = (['run', 'run', 'export'] as const).map((kind) => queue.add(kind, {}).id)
    await works[0]!.started
    await works[2]!.started
    expect(ids.map(stateOf)).toEqual(['running', 'queued', 'running'])
    works[0]!.finish('completed')
    await works[1]!.started
    expect(ids.map(stateOf)).toEqual(['completed', 'running', 'running'])
    expect(queue.activeCount()).toBe(2)
  })

  it('cancels what was about to pause', async () => {
    const { id } = queue.add('run', {})
    await works[id - 1]!.started
    const both = Promise.all([queue.pause(id), queue.cancel(id)])
    expect((await both).map(({ state }) => state.kind)).toEqual(['cancelled', 'cancelled'])
  })

  it('pauses to paused, goes on, and cancels to cancelled', async () => {
    const { id } = queue.add('run', {})
    await works[0]!.started
    expect((await queue.pause(id)).state.kind).toBe('paused')
    works[0] = makeWork()
    queue.resume(id)
    await works[0].started
    expect((await queue.cancel(id)).state.kind).toBe('cancelled')
    expect(() => queue.resume(id)).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  })

  it('stops a job that has only just been queued', async () => {
    const first = queue.add('run', {})
    const second = queue.add('run', {})
    expect((await queue.pause(first.id)).state.kind).toBe('paused')
    expect((await queue.cancel(second.id)).state.kind).toBe('cancelled')
  })

  it('keeps why a job failed, and lets it be tried again', async () => {
    const { id } = queue.add('run', {})
    await works[0]!.started
    works[0]!.finish(SpicerackError.inEnglish('OUT_OF_MEMORY', 'Too much.', { advice: 'Less.' }))
    expect(await settle(id)).toBe('failed')
    expect(project.jobs.get(id).state).toEqual({ kind: 'failed', error: { code: 'OUT_OF_MEMORY', message: 'Too much.', advice: 'Less.' } })
    works[0] = makeWork()
    queue.resume(id)
    works[0].finish('completed')
    expect(await settle(id)).toBe('completed')
  })

  it('tells a reader a snapshot and then every change, numbered without a gap', async () => {
    const { id } = queue.add('run', {})
    const seen: [string, number][] = []
    const reading = (async () => {
      for await (const event of events.read(id)) seen.push([event.type === 'state' ? event.state.kind : event.type, event.sequence])
    })()
    await works[0]!.started
    works[0]!.finish('completed')
    await reading
    expect(seen.at(-1)?.[0]).toBe('completed')
    expect(seen[0]?.[0]).toBe('snapshot')
    expect(seen.map(([, sequence]) => sequence)).toEqual(seen.map((_, index) => seen[0]![1] + index))
  })

  it('gives a reader who is far behind a new snapshot in place of what it missed', async () => {
    const { id } = queue.add('run', {})
    await works[0]!.started
    const reader = events.read(id)
    await reader.next()
    for (let line = 0; line < 1500; line++) events.publish(id, { type: 'log', line: String(line) })
    const { value } = await reader.next()
    expect(value).toMatchObject({ type: 'snapshot', job: { state: { kind: 'running' } } })
    await reader.return()
  })

  it('marks what was under way as interrupted when it closes, and nothing starts by itself afterwards', async () => {
    const ids = [queue.add('run', {}).id, queue.add('run', {}).id]
    await works[0]!.started
    await queue.close()
    expect(ids.map(stateOf)).toEqual(['interrupted', 'interrupted'])
    project.close()
    project = openProject(`${folder.path}/p`)
    start()
    await new Promise(setImmediate)
    expect(ids.map(stateOf)).toEqual(['interrupted', 'interrupted'])
  })
})
