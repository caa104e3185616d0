import { mkdirSync, writeFileSync } from 'node:fs'
import { request as nodeRequest } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpShell, startHttpShell } from '#main/server/http-shell.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'
import { describeContract } from './suite.ts'

describeContract('over HTTP', async (handle, folder) => {
  const shell = await startHttpShell({ handle, port: 0, staticFolder: join(folder, 'page') })
  const headers = { authorization: `Bearer ${shell.bearerToken}` }
  const carry = (request: Request): Promise<Response> => {
    const withToken = new Request(request)
    withToken.headers.set('authorization', headers.authorization)
    return fetch(withToken)
  }
  return { carry, origin: shell.origin, headers, close: shell.close }
})

describe('the door of the HTTP shell', () => {
  let shell: HttpShell
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
  const reached: string[] = []

  /** Any headers, also those that fetch forbids. */
  const knock = (
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(shell.origin)
      const outgoing = nodeRequest({ hostname, port, path, method, headers }, (incoming) => {
        let body = ''
        incoming.on('data', (chunk: Buffer) => {
          body += chunk.toString()
        })
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }))
      })
      outgoing.once('error', reject)
      outgoing.end()
    })
  const bearer = (): Record<string, string> => ({ authorization: `Bearer ${shell.bearerToken}` })

  beforeAll(async () => {
    folder = await makeTemporaryFolder()
    mkdirSync(join(folder.path, 'page'))
    writeFileSync(join(folder.path, 'page', 'index.html'), '<!doctype html><title>Page</title>')
    writeFileSync(join(folder.path, 'secret.txt'), 'secret')
    const handle = async (request: Request): Promise<Response> => {
      reached.push(new URL(request.url).pathname)
      return new Response('reached')
    }
    shell = await startHttpShell({ handle, port: 0, staticFolder: join(folder.path, 'page') })
  })
  afterAll(async () => {
    await shell.close()
    await folder.remove()
  })

  it.each([
    ['no token', '/rpc/engine/status', () => ({}), 401],
    ['another token', '/rpc/engine/status', () => ({ authorization: 'Bearer nonsense' }), 401],
    ['another cookie', '/rpc/engine/status', () => ({ cookie: `spicerack_${new URL(shell.origin).port}=nonsense` }), 401],
    ['a token and another Host', '/rpc/engine/status', () => ({ ...bearer(), host: 'evil.example' }), 403],
    ['a token and another Origin', '/rpc/engine/status', () => ({ ...bearer(), origin: 'http://evil.example' }), 403],
    ['a token and Origin null', '/rpc/engine/status', () => ({ ...bearer(), origin: 'null' }), 403],
    ['a request from another site', '/rpc/engine/status', () => ({ ...bearer(), 'sec-fetch-site': 'cross-site' }), 403],
    ['a used or invented link', '/?link=nonsense', () => ({}), 401],
    ['a path out of the page', '/..%2fsecret.txt', () => bearer(), 404],
  ] as const)('stays shut for %s', async (_, path, headers, status) => {
    const answer = await knock(path, headers() as Record<string, string>)
    expect([answer.status, answer.body.includes('secret'), reached]).toEqual([status, false, []])
  })

  it('opens for the token, and for the cookie of a link that works once', async () => {
    expect((await knock('/rpc/engine/status', bearer())).body).toBe('reached')
    expect((await knock('/rpc/engine/status', { ...bearer(), origin: shell.origin })).body).toBe('reached')
    const link = new URL(shell.createLink())
    const opened = await knock(link.pathname + link.search)
    const [cookie] = opened.headers['set-cookie'] as string[]
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict; Path=\//)
    const session = { cookie: cookie!.split(';')[0]! }
    expect((await knock('/', session)).body).toContain('<title>Page</title>')
    expect((await knock('/columns/1', session)).body).toBe('reached')
    expect((await knock(link.pathname + link.search)).status).toBe(401)
    expect((await knock('/', session)).headers['content-security-policy']).toContain("default-src 'none'")
  })
})
