import { createI18n } from 'vue-i18n'
import type { ErrorCode } from '#shared/errors.ts'
import { messages as en } from './en/messages.ts'
import { messages as zhCn } from './zh-CN/messages.ts'
import { problemKinds } from './zh-CN/problem-kinds.ts'

export const locales = ['en', 'zh-CN'] as const
export type Locale = (typeof locales)[number]

/** Every language has the same messages as English: the compiler sees to it. */
const messages: Record<Locale, typeof en> = { en, 'zh-CN': zhCn }

/** English problems say themselves what they are. */
export const problemKindsOf: Readonly<Record<Locale, Readonly<Record<ErrorCode, string>> | undefined>> = {
  en: undefined,
  'zh-CN': problemKinds,
}

export const i18n = createI18n({ legacy: false, locale: 'en' as Locale, fallbackLocale: 'en', messages })

export function isLocale(text: string): text is Locale {
  return (locales as readonly string[]).includes(text)
}
