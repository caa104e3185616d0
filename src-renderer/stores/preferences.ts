import { defineStore } from 'pinia'
import { ref, watchEffect } from 'vue'
import { i18n, isLocale, type Locale, locales } from '../locales/i18n.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

/** What this person chose for this browser; kept there, applied at once. */
export const usePreferencesStore = defineStore('preferences', () => {
  const theme = ref<Theme>(themes.find((known) => known === read('theme')) ?? 'system')
  const locale = ref<Locale>(chosenLocale())
  watchEffect(() => {
    document.documentElement.dataset.theme = theme.value
    write('theme', theme.value)
  })
  watchEffect(() => {
    document.documentElement.lang = locale.value
    i18n.global.locale.value = locale.value
    write('locale', locale.value)
  })
  return { theme, locale }
})

function chosenLocale(): Locale {
  const stored = read('locale')
  if (stored !== null && isLocale(stored)) return stored
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : locales[0]
}

/** A browser may refuse storage; then nothing is remembered. */
function read(name: string): string | null {
  try {
    return localStorage.getItem(`spicerack.${name}`)
  } catch {
    return null
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`spicerack.${name}`, value)
  } catch {
    // Not remembered; nothing else depends on it.
  }
}
