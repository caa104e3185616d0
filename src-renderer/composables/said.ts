import { useI18n } from 'vue-i18n'
import type { Said } from '#shared/said.ts'
import { saidInWords } from '../locales/said-words.ts'

/** What the engine said, in the language of the page. */
export function useSaid(): (said: Said) => string {
  const { t, te } = useI18n()
  return (said) => saidInWords(said, t, te)
}
