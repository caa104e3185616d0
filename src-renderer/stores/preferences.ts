import { defineStore } from 'pinia'
import { type Ref, ref, watchEffect } from 'vue'
import { i18n, isLocale, type Locale, locales } from '../locales/i18n.ts'
import { readJson, writeJson } from './browser-storage.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

/** What this person chose for this browser; kept there, applied at once. */
export const usePreferencesStore = defineStore('preferences', () => {
  const theme = ref<Theme>(themes.find((known) => known === readJson('theme')) ?? 'system')
  const locale = ref<Locale>(chosenLocale())
  const isRailOpen = kept<boolean>('rail', true)
  const isInspectorOpen = kept<boolean>('inspector', true)
  const inspectorWidthPx = kept<number>('inspectorWidth', 320)
  /** Side of the tiles in the grid. */
  const tileSizePx = kept<number>('tileSize', 128)
  watchEffect(() => {
    document.documentElement.dataset.theme = theme.value
    writeJson('theme', theme.value)
  })
  watchEffect(() => {
    document.documentElement.lang = locale.value
    i18n.global.locale.value = locale.value
    writeJson('locale', locale.value)
  })
  return { theme, locale, isRailOpen, isInspectorOpen, inspectorWidthPx, tileSizePx }
})

/** A value that this browser remembers. */
function kept<Value extends number | boolean>(name: string, initial: Value) {
  const stored = readJson<Value>(name)
  const value = ref(typeof stored === typeof initial ? (stored as Value) : initial) as Ref<Value>
  watchEffect(() => writeJson(name, value.value))
  return value
}

function chosenLocale(): Locale {
  const stored = readJson('locale')
  if (typeof stored === 'string' && isLocale(stored)) return stored
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : locales[0]
}
