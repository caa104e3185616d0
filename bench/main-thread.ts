import type { Page } from 'playwright-core'

type TraceEvent = Readonly<{ name: string; ph: string; pid: number; tid: number; tdur?: number; args?: { name?: string } }>

/**
 * Watches the main thread of a page; the function given back ends it and gives the processor time of the longest task, in ms. Unlike the
 * time by the clock it does not grow when other programs take the processor away.
 */
export async function watchMainThread(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => void events.push(...(value as unknown as TraceEvent[])))
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel'] } })
  return async () => {
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
    await session.send('Tracing.end')
    await complete
    await session.detach()
    const placeOf = ({ pid, tid }: TraceEvent): string => `${pid}:${tid}`
    const mains = new Set(events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(placeOf))
    const tasks = events.filter((event) => event.ph === 'X' && event.name.endsWith('RunTask') && mains.has(placeOf(event)))
    return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1000), 0)
  }
}
