import { textOf } from '#shared/said.ts'
import type { BackendChoice } from '#shared/worker-protocol.ts'
import type { Session } from '../session.ts'

const marks = { used: '●', possible: '○', unavailable: '×' } as const

/** Which compute backends there are, which one is used and why not the others. */
export async function showDevices({ client, output }: Session, backend: BackendChoice, full: boolean): Promise<void> {
  const report = await client.device.report({ backend, full })
  const lines = report.providers.map(({ name, state, reason, gigaMacsPerSecond, selfTestError }) => {
    const figures =
      gigaMacsPerSecond === undefined
        ? ''
        : `  ${gigaMacsPerSecond.toFixed(2)} GMAC/s, self-test error ${(selfTestError ?? 0).toExponential(1)}`
    return `${marks[state]} ${name.padEnd(17)} ${state.padEnd(11)} ${textOf(reason)}${figures}`
  })
  output.result('device', report, lines.join('\n'))
}
