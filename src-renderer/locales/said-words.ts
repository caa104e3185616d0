import type { ErrorCode, ErrorData } from '#shared/errors.ts'
import type { Said } from '#shared/said.ts'

type Translate = (name: string, values: Record<string, unknown>, plural: number) => string

/**
 * What the engine said, in a language. Values that have words of their own, as names of stages, are put into it too; a message that this
 * page does not know, and what was kept before there were messages, stays English.
 */
export function saidInWords(said: Said, t: Translate, te: (name: string) => boolean): string {
  if (typeof said === 'string') return said
  if (!te(`said.${said.key}`)) return said.text
  const wordOf = (value: string | number): string | number => {
    const name = ['stages', 'terms'].map((group) => `${group}.${value}`).find((path) => typeof value === 'string' && te(path))
    return name === undefined ? value : t(name, {}, 1)
  }
  const values = Object.fromEntries(Object.entries(said.values).map(([name, value]) => [name, wordOf(value)]))
  return t(`said.${said.key}`, values, Number(said.values.count ?? 1))
}

/** A problem on a page: what happened, and what to do. */
export type ProblemWords = Readonly<{ message: string; advice?: string }>

/**
 * A problem in a language. One that has no words in it keeps its English ones, after what kind of problem it is where `kinds` are given.
 */
export function problemInWords(
  { code, message, advice, said }: ErrorData,
  inWords: (said: Said) => string,
  kinds: Readonly<Record<ErrorCode, string>> | undefined,
): ProblemWords {
  const next = said?.advice ? inWords(said.advice) : advice
  if (said?.message || !kinds)
    return { message: said?.message ? inWords(said.message) : message, ...(next === undefined ? {} : { advice: next }) }
  return { message: kinds[code], advice: [message, next].filter(Boolean).join(' ') }
}
