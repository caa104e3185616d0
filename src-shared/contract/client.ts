import { createORPCClient, mapEventIterator, ORPCError } from '@orpc/client'
import { type LinkFetchClientOptions, RPCLink } from '@orpc/client/fetch'
import { type ErrorCode, type ErrorData, errorAudiences, fromErrorData } from '../errors.ts'
import type { EngineClient } from './contract.ts'

/** Carries a web-standard Request to the engine: `fetch`, or the engine's own `handle`. */
export type Carrier = NonNullable<LinkFetchClientOptions<Record<never, never>>['fetch']>

/**
 * The typed client of the engine, whoever carries its requests.
 *
 * @param origin Where the engine is, as `http://127.0.0.1:4000`; anything for a carrier that does not look at it.
 * @throws SpicerackError in every call, with the code that the engine gave.
 */
export function createEngineClient(carry: Carrier, origin = 'http://spicerack.local'): EngineClient {
  const link = new RPCLink({
    url: `${origin}/rpc`,
    fetch: carry,
    interceptors: [
      async (options) => {
        try {
          const output = await options.next()
          return isAsyncIterator(output)
            ? mapEventIterator(output, { value: async (value) => value, error: async (error) => toSpicerackError(error) })
            : output
        } catch (error) {
          throw toSpicerackError(error)
        }
      },
    ],
  })
  return createORPCClient<EngineClient>(link)
}

/** Any error of the wire as ours; what was not ours is given back as it is. */
function toSpicerackError(error: unknown): unknown {
  if (!(error instanceof ORPCError) || !(error.code in errorAudiences)) return error
  const details = (error.data ?? {}) as Pick<ErrorData, 'advice' | 'said'>
  return fromErrorData({ code: error.code as ErrorCode, message: error.message, ...details })
}

function isAsyncIterator(value: unknown): value is AsyncIterator<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
