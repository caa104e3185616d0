import { afterEach, expect, it } from 'vitest'
import { createTrainingWorker, type TrainingWorker } from '#engine/jobs/training-worker.ts'

let worker: TrainingWorker
afterEach(() => worker.kill())

const ask = { backend: 'cpu', full: false } as const

it('says that the thread died, with the tail of its stderr, and starts another one', async () => {
  worker = createTrainingWorker(new URL('./killed-worker.ts', import.meta.url))
  for (let time = 0; time < 2; time++)
    await expect(worker.use((calls) => calls.device(ask))).rejects.toMatchObject({
      code: 'WORKER_DIED',
      message: expect.stringMatching(/exit code 134[\s\S]*Segmentation fault/),
    })
  expect(worker.isBusy()).toBe(false)
})

it('lets one user after the other in, each with its own listener', async () => {
  worker = createTrainingWorker(new URL('../../src-main/engine/worker/training-worker.ts', import.meta.url))
  const order: string[] = []
  const first = worker.use(async () => {
    order.push('first begins')
    await new Promise((resolve) => setTimeout(resolve, 50))
    order.push('first ends')
  })
  const failing = worker.use(async () => {
    order.push('second')
    throw new Error('of the caller')
  })
  const third = worker.use(async () => order.push('third'))
  expect(worker.isBusy()).toBe(true)
  await first
  await expect(failing).rejects.toThrow('of the caller')
  await third
  expect(order).toEqual(['first begins', 'first ends', 'second', 'third'])
  expect(worker.isBusy()).toBe(false)
})

it('gives errors of a prediction as data with their code', async () => {
  worker = createTrainingWorker(new URL('../../src-main/engine/worker/training-worker.ts', import.meta.url))
  const answer = await worker.use((calls) =>
    calls.predict({
      projectPath: '/nowhere',
      runId: 'run-0001',
      recipe: {} as never,
      backend: 'auto',
      clusterCount: 2,
      pixels: new Uint8Array(),
      size: 8,
    }),
  )
  expect(answer).toMatchObject({ state: 'failed', error: { code: 'NOT_FOUND' } })
})
