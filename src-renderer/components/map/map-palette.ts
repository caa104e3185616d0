import { computed, onBeforeUnmount, ref } from 'vue'
import { useMapStore } from '../../stores/map.ts'
import { createColourReader } from './css-colours.ts'
import { type Rgb, toReadable } from './readable-colour.ts'

export type Tokens = Readonly<{ accent: Rgb; text: Rgb; surface: Rgb }>

/** The colours of the legend's entries, each to be told from the background, and some of the page's own, as they are in its theme now. */
export function useMapPalette() {
  const map = useMapStore()
  const reader = createColourReader()
  const turn = ref(0)
  const retake = (): void => {
    turn.value += 1
  }
  const scheme = window.matchMedia('(prefers-color-scheme: dark)')
  const theme = new MutationObserver(retake)
  scheme.addEventListener('change', retake)
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  onBeforeUnmount(() => {
    scheme.removeEventListener('change', retake)
    theme.disconnect()
    reader.close()
  })

  const tokens = computed<Tokens>(() => {
    void turn.value
    return { accent: reader.read('var(--accent)'), text: reader.read('var(--text)'), surface: reader.read('var(--surface-0)') }
  })
  const colours = computed<readonly Rgb[]>(() => {
    const { surface, text } = tokens.value
    return map.colours.categories.map(({ colour }) => toReadable(reader.read(colour), surface, text))
  })
  return { tokens, colours }
}

export function toCss([red, green, blue]: Rgb, alpha = 1): string {
  return `rgb(${red} ${green} ${blue} / ${alpha})`
}
