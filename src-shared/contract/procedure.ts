import { oc } from '@orpc/contract'
import { z } from 'zod'
import { saidOfErrorSchema } from '../entities.ts'
import { type ErrorAudience, type ErrorCode, errorAudiences } from '../errors.ts'

const statusOfAudience = { user: 422, environment: 503, bug: 500 } as const satisfies Record<ErrorAudience, number>
const ownStatus: { readonly [Code in ErrorCode]?: number } = {
  BAD_INPUT: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PROJECT_NOT_OPEN: 409,
  PROJECT_LOCKED: 423,
  DISK_FULL: 507,
}

/** HTTP status of an error code. */
export function statusOf(code: ErrorCode): number {
  return ownStatus[code] ?? statusOfAudience[errorAudiences[code]]
}

const errorDetails = z.object({ advice: z.string().optional(), said: saidOfErrorSchema.optional() })
type ErrorMap = { [Code in ErrorCode]: { status: number; data: typeof errorDetails } }

const errorMap = Object.fromEntries(
  (Object.keys(errorAudiences) as ErrorCode[]).map((code) => [code, { status: statusOf(code), data: errorDetails }]),
) as ErrorMap

/** Where every procedure of the contract begins: it may fail with any of our codes, and with nothing else. */
export const procedure = oc.errors(errorMap)
