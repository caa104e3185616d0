import { ORPCError, ValidationError } from '@orpc/server'
import { statusOf } from '#shared/contract/procedure.ts'
import { type ErrorCode, type ErrorData, errorAudiences, SpicerackError, toErrorData } from '#shared/errors.ts'
import { say } from '#shared/said.ts'

type ErrorDetails = Omit<ErrorData, 'code' | 'message'>

/**
 * Any thrown value as the error that crosses the wire: one of our codes. A bug becomes INTERNAL with a fixed message; what it was goes to
 * `report`, never to the caller.
 */
export function toWireError(error: unknown, report: (error: unknown) => void): ORPCError<ErrorCode, ErrorDetails> {
  if (error instanceof ORPCError && error.cause instanceof ValidationError) {
    if (error.code === 'BAD_REQUEST')
      return wireError(new SpicerackError('BAD_INPUT', say('badRequest', { detail: describeIssues(error.cause) })).toData())
    report(error.cause)
    return internalError()
  }
  if (error instanceof ORPCError) {
    if (error.code in errorAudiences) return error
    if (error.status >= 400 && error.status < 500)
      return wireError({ code: error.status === 404 ? 'NOT_FOUND' : 'BAD_INPUT', message: error.message })
  }
  const data = toErrorData(error)
  if (data.code === 'INTERNAL') {
    report(error)
    return internalError()
  }
  if (!(error instanceof SpicerackError)) report(error)
  return wireError(data)
}

function wireError({ code, message, ...details }: ErrorData): ORPCError<ErrorCode, ErrorDetails> {
  return new ORPCError(code, { defined: true, status: statusOf(code), message, data: details })
}

function internalError(): ORPCError<ErrorCode, ErrorDetails> {
  return wireError(new SpicerackError('INTERNAL', say('wentWrong'), { advice: say('logHasDetails') }).toData())
}

function describeIssues({ issues }: ValidationError): string {
  const describe = ({ message, path }: ValidationError['issues'][number]): string => {
    const where = (path ?? []).map((part) => (typeof part === 'object' ? String(part.key) : String(part))).join('.')
    return where === '' ? message : `${where}: ${message}`
  }
  return issues.map(describe).join('; ')
}
