import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSocketCarrier, startSocketShell } from '#main/server/socket-shell.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'
import { describeContract } from './suite.ts'

const socketIn = (folder: string): string =>
  process.platform === 'win32' ? `\\\\.\\pipe\\spicerack-test-${process.pid}` : join(folder, 'engine.sock')

describeContract('over a local socket', async (handle, folder) => {
  const path = socketIn(folder)
  const shell = await startSocketShell({ handle, path })
  const carry = createSocketCarrier(path)
  return { carry: (request) => carry(request), origin: 'http://spicerack.local', headers: {}, close: shell.close }
})

it.skipIf(process.platform === 'win32')('lets nobody else in: the socket is for its owner only', async () => {
  const folder = await makeTemporaryFolder()
  const shell = await startSocketShell({ handle: async () => new Response('yes'), path: socketIn(folder.path) })
  expect(statSync(shell.path).mode & 0o777).toBe(0o600)
  await shell.close()
  await expect(createSocketCarrier(shell.path)(new Request('http://spicerack.local/'))).rejects.toThrow()
  await folder.remove()
})
