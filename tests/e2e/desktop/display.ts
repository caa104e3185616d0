import { spawn, spawnSync } from 'node:child_process'

/** A screen for windows: the machine's own, else one in memory. */
export interface Display {
  readonly environment: Readonly<Record<string, string>>
  close(): void
}

export async function openDisplay(): Promise<Display> {
  if (process.platform !== 'linux' || process.env.DISPLAY) return { environment: {}, close: () => undefined }
  if (spawnSync('Xvfb', ['-help']).error) throw new Error('There is neither a screen nor Xvfb to make one.')
  // It picks a free number and writes it to descriptor 3.
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const number = await new Promise<string>((resolve, reject) => {
    server.stdio[3]!.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
    server.once('exit', (code) => reject(new Error(`Xvfb ended with code ${code}.`)))
  })
  return { environment: { DISPLAY: `:${number}` }, close: () => void server.kill() }
}
