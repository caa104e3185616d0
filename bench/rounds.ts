import { createInterface } from 'node:readline'

/**
 * The inside of one side of a benchmark: for each line that comes in, one round, answered by one line of JSON. Between rounds the
 * process waits, so that the other side has the machine for itself.
 *
 * @param round Gets what the parent sent with this round.
 */
export async function serveRounds(round: (request: Readonly<Record<string, unknown>>) => Promise<unknown>): Promise<void> {
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`)
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await round(JSON.parse(line)))}\n`)
}
