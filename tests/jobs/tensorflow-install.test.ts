import { afterEach, expect, it } from 'vitest'
import { createEngine } from '#engine/engine.ts'
import { installTensorFlow } from '#engine/jobs/tensorflow-install.ts'
import { createEngineClient } from '#shared/contract/client.ts'

const entry = new URL('installer-standin.mjs', import.meta.url)

afterEach(() => {
  delete process.env.INSTALLER_ENDS
})

async function steps(signal?: AbortSignal, onStep: () => void = () => undefined): Promise<string[]> {
  const told: string[] = []
  for await (const { step, note } of installTensorFlow(entry, 'cuda', signal)) {
    told.push(`${step} ${note}`)
    onStep()
  }
  return told
}

it('tells the steps of the build that was asked for, and that it is done', async () => {
  expect(await steps()).toEqual(['download build cuda', 'done '])
})

it('fails with what the installer says, or that it said nothing', async () => {
  process.env.INSTALLER_ENDS = 'failed'
  await expect(steps()).rejects.toMatchObject({ code: 'NETWORK', message: 'No network.', advice: 'Connect.' })
  process.env.INSTALLER_ENDS = 'silent'
  await expect(steps()).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
})

it('stops the installer when nobody wants it any more', async () => {
  process.env.INSTALLER_ENDS = 'never'
  const stop = new AbortController()
  await expect(steps(stop.signal, () => stop.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
})

it('says over the wire, too, why it failed half-way', async () => {
  process.env.INSTALLER_ENDS = 'failed'
  const bugs: unknown[] = []
  const engine = createEngine({ reportBug: (error) => bugs.push(error), installerEntry: entry })
  const client = createEngineClient((request) => engine.handle(request))
  const told: string[] = []
  const reading = async (): Promise<void> => {
    for await (const { step } of await client.device.install({ build: 'cuda' })) told.push(step)
  }
  await expect(reading()).rejects.toMatchObject({ code: 'NETWORK', message: 'No network.', advice: 'Connect.' })
  expect([told, bugs]).toEqual([['download'], []])
  await engine.close()
})
