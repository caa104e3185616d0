import { styleText } from 'node:util'
import { type ErrorData, toErrorData } from '#shared/errors.ts'
import { withoutMessages } from '#shared/said-schema.ts'
import { createProgressBars, type ProgressReport } from './progress-bars.ts'

/** How a command speaks: to a person on a terminal, or as one JSON object a line. */
export interface Output {
  readonly isJson: boolean
  /** A line for a person; nothing with `--json`. */
  say(line: string): void
  /** The result of a command: its text for a person, or the object itself with `--json`. */
  result(type: string, value: Readonly<Record<string, unknown>>, text: string): void
  /** How far work is. */
  progress(progress: ProgressReport): void
  /** Ends the bar of the work under way. */
  progressDone(): void
  error(error: unknown): void
}

/** @param stream Where bars are drawn: the error stream, so that results can be piped. */
export function createOutput(isJson: boolean, stream: NodeJS.WriteStream = process.stderr): Output {
  const bars = createProgressBars(stream)
  const line = (value: Readonly<Record<string, unknown>>): void => {
    process.stdout.write(`${JSON.stringify(value, withoutMessages)}\n`)
  }
  return {
    isJson,
    say: (text) => {
      if (!isJson) bars.print(text)
    },
    result(type, value, text) {
      if (isJson) line({ type, ...value })
      else {
        bars.stop()
        process.stdout.write(`${text}\n`)
      }
    },
    progress: (progress) => (isJson ? line({ type: 'progress', ...progress }) : bars.update(progress)),
    progressDone: () => bars.stop(),
    error(error) {
      bars.stop()
      const { said: _, ...data }: ErrorData = toErrorData(error)
      if (isJson) return line({ type: 'error', ...data })
      process.stderr.write(`${styleText('red', 'Error')} ${data.message}\n`)
      if (data.advice !== undefined) process.stderr.write(`${data.advice}\n`)
      if (data.code === 'INTERNAL' && error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`)
    },
  }
}
