import { RPCHandler } from '@orpc/server/fetch'
import { contract } from '#shared/contract/contract.ts'
import { statusOf } from '#shared/contract/procedure.ts'
import { type ErrorData, SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { ApiContext } from './api-context.ts'
import { answerByteRequest } from './bytes.ts'
import { toWireError } from './error-report.ts'
import type { router as engineRouter } from './router.ts'

type EngineRouter = typeof engineRouter

/**
 * The engine's face to the outside: RPC under `/rpc`, the same procedures for scripts under `/api` (described by `/openapi.json`), and
 * bytes as plain GETs. Every failure is answered with one of our codes; details of bugs go to `report` only.
 */
export function createRequestRouter(
  router: EngineRouter,
  context: ApiContext,
  report: (error: unknown) => void,
): (request: Request) => Promise<Response> {
  const reportErrors = async <T>({ next }: { next(): Promise<T> }): Promise<T> => {
    try {
      const output = await next()
      return isStream(output) ? (withWireErrors(output, report) as T) : output
    } catch (error) {
      throw toWireError(error, report)
    }
  }
  const reportMalformed = async <T>({ next }: { next(): Promise<T> }): Promise<T> => {
    try {
      return await next()
    } catch (error) {
      // Errors of procedures are ours by now; this one is of the reading of the request.
      if (error instanceof SyntaxError) throw toWireError(new SpicerackError('BAD_INPUT', say('notJson')), report)
      throw toWireError(error, report)
    }
  }
  const interceptors = { interceptors: [reportMalformed], clientInterceptors: [reportErrors] }
  const rpc = new RPCHandler(router, interceptors)
  // Loaded for scripts that ask for it: no shell does, and each would wait for it at its start.
  const createOpenApi = async () => new (await import('@orpc/openapi/fetch')).OpenAPIHandler(router, interceptors)
  let openApi: ReturnType<typeof createOpenApi> | undefined
  let document: Promise<string> | undefined

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/rpc/')) {
      const { matched, response } = await rpc.handle(request, { prefix: '/rpc', context })
      if (matched) return response
    }
    if (pathname.startsWith('/api/')) {
      openApi ??= createOpenApi()
      const { matched, response } = await (await openApi).handle(request, { prefix: '/api', context })
      if (matched) return response
    }
    if (pathname === '/openapi.json') {
      document ??= describeApi()
      return new Response(await document, { headers: { 'content-type': 'application/json' } })
    }
    const bytes = request.method === 'GET' || request.method === 'HEAD' ? await answerByteRequest(pathname, context) : undefined
    return bytes ?? errorResponse(new SpicerackError('NOT_FOUND', say('nothingAt', { path: pathname })).toData())
  }

  return async (request) => {
    try {
      return await answer(request)
    } catch (error) {
      const { code, message, data } = toWireError(error, report)
      return errorResponse({ code, message, ...data })
    }
  }
}

function isStream(output: unknown): output is AsyncGenerator<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output
}

/** What fails after the answer has begun fails with one of our codes as well. */
async function* withWireErrors(stream: AsyncGenerator<unknown>, report: (error: unknown) => void): AsyncGenerator<unknown> {
  try {
    return yield* stream
  } catch (error) {
    throw toWireError(error, report)
  }
}

function errorResponse(data: ErrorData): Response {
  return Response.json(data, { status: statusOf(data.code), headers: { 'cache-control': 'no-store' } })
}

async function describeApi(): Promise<string> {
  const [{ OpenAPIGenerator }, { ZodToJsonSchemaConverter }] = await Promise.all([import('@orpc/openapi'), import('@orpc/zod/zod4')])
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] })
  const document = await generator.generate(contract, {
    info: { title: 'Spicerack', version: '1', description: 'Sorts a folder of unlabelled images into labelled classes.' },
    servers: [{ url: '/api' }],
  })
  return JSON.stringify(document)
}
