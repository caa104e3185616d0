import { useI18n } from 'vue-i18n'
import type { ErrorData } from '#shared/errors.ts'
import type { Said } from '#shared/said.ts'
import { i18n, problemKindsOf } from '../locales/i18n.ts'
import { type ProblemWords, problemInWords, saidInWords } from '../locales/said-words.ts'

/** What the engine said, in the language of the page. */
export function useSaid(): (said: Said) => string {
  const { t, te } = useI18n()
  return (said) => saidInWords(said, t, te)
}

/** A problem in the language of the page; undefined where there is none. Also outside of components. */
export function problemWords(problem: ErrorData): ProblemWords {
  const { t, te, locale } = i18n.global
  return problemInWords(problem, (said) => saidInWords(said, t as Parameters<typeof saidInWords>[1], te), problemKindsOf[locale.value])
}
