import { ORPCError, ValidationError } from '@orpc/server'
import { statusOf } from '#shared/contract/procedure.ts'
import { type ErrorCode, errorAudiences, SpicerackError, toErrorData } from '#shared/errors.ts'

/**
 * Any thrown value as the error that crosses the wire: one of our codes. A bug becomes INTERNAL with a fixed message; what it was goes to
 * `report`, never to the caller.
 */
export function toWireError(error: unknown, report: (error: unknown) => void): ORPCError<ErrorCode, { advice?: string }> {
  if (error instanceof ORPCError && error.cause instanceof ValidationError) {
    if (error.code === 'BAD_REQUEST') return wireError('BAD_INPUT', describeIssues(error.cause))
    report(error.cause)
    return internalError()
  }
  if (error instanceof ORPCError) {
    if (error.code in errorAudiences) return error
    if (error.status >= 400 && error.status < 500) return wireError(error.status === 404 ? 'NOT_FOUND' : 'BAD_INPUT', error.message)
  }
  const data = toErrorData(error)
  if (data.code === 'INTERNAL') {
    report(error)
    return internalError()
  }
  if (!(error instanceof SpicerackError)) report(error)
  return wireError(data.code, data.message, data.advice)
}

function wireError(code: ErrorCode, message: string, advice?: string): ORPCError<ErrorCode, { advice?: string }> {
  return new ORPCError(code, { defined: true, status: statusOf(code), message, data: advice === undefined ? {} : { advice } })
}

function internalError(): ORPCError<ErrorCode, { advice?: string }> {
  return wireError('INTERNAL', 'Something went wrong inside Spicerack; nothing was changed.', 'The log of the engine has the details.')
}

function describeIssues({ issues }: ValidationError): string {
  const describe = ({ message, path }: ValidationError['issues'][number]): string => {
    const where = (path ?? []).map((part) => (typeof part === 'object' ? String(part.key) : String(part))).join('.')
    return where === '' ? message : `${where}: ${message}`
  }
  return issues.map(describe).join('; ')
}
