import type { Page } from 'playwright-core'

type TraceEvent = Readonly<{
  name: string
  ph: string
  pid: number
  tid: number
  ts: number
  dur?: number
  tdur?: number
  args?: { name?: string }
}>

export type MainThread = Readonly<{
  /** Of the task that took the processor longest. Does not grow when other programs take the processor away. */
  processorMs: number
  /** Of the task that was longest by the clock. */
  clockMs: number
  /** How long that one waited for the process that draws. */
  drawingMs: number
}>

/** Watches the main thread of a page; the function given back ends it and tells of its longest tasks. */
export async function watchMainThread(page: Page): Promise<() => Promise<MainThread>> {
  const session = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => void events.push(...(value as unknown as TraceEvent[])))
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', 'gpu'] } })
  return async () => {
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
    await session.send('Tracing.end')
    await complete
    await session.detach()
    const placeOf = ({ pid, tid }: TraceEvent): string => `${pid}:${tid}`
    const mains = new Set(events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(placeOf))
    const ofMain = events.filter((event) => event.ph === 'X' && mains.has(placeOf(event)))
    const tasks = ofMain.filter(({ name }) => name.endsWith('RunTask'))
    const [longest] = tasks.toSorted((one, other) => (other.dur ?? 0) - (one.dur ?? 0))
    const waits = ofMain.filter(({ name, ts }) => name.endsWith('::WaitForCmd') && longest && isWithin(ts, longest))
    return {
      processorMs: tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur / 1000), 0),
      clockMs: (longest?.dur ?? 0) / 1000,
      drawingMs: waits.reduce((sum, { dur = 0 }) => sum + dur / 1000, 0),
    }
  }
}

function isWithin(at: number, { ts, dur = 0 }: TraceEvent): boolean {
  return at >= ts && at < ts + dur
}
