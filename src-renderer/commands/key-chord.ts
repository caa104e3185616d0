const isApple = /mac|iphone|ipad/i.test(navigator.platform)

const glyphs: Readonly<Record<string, string>> = isApple
  ? { Mod: '⌘', Shift: '⇧', Alt: '⌥', Enter: '↩', Escape: 'esc', Space: 'space', ArrowRight: '→', ArrowLeft: '←', Backspace: '⌫' }
  : {
      Mod: 'Ctrl',
      Shift: 'Shift',
      Alt: 'Alt',
      Enter: 'Enter',
      Escape: 'Esc',
      Space: 'Space',
      ArrowRight: '→',
      ArrowLeft: '←',
      Backspace: '⌫',
    }

/** The chord of a key event, in the form of the command list: `Mod+Shift+Z`, `Space`, `?`. Undefined for a modifier alone. */
export function toChord(event: KeyboardEvent): string | undefined {
  const { key } = event
  if (['Control', 'Shift', 'Alt', 'Meta', 'Process', 'Dead', 'Unidentified'].includes(key)) return undefined
  const named = key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key
  const isLetter = /^[A-Z]$/.test(named)
  const hasMod = isApple ? event.metaKey : event.ctrlKey
  const parts: string[] = []
  if (hasMod) parts.push('Mod')
  if (event.altKey) parts.push('Alt')
  // Shift is part of the character for signs ('?'), but counts for letters and for named keys.
  if (event.shiftKey && (isLetter || named.length > 1 || hasMod)) parts.push('Shift')
  parts.push(named)
  return parts.join('+')
}

/** A chord as a person reads it on this system: `Ctrl+Shift+Z`, `⌘⇧Z`. */
export function toChordLabel(chord: string): string {
  const parts = chord.split(/\+(?=.)/)
  return parts.map((part) => glyphs[part] ?? part).join(isApple ? '' : '+')
}

/** Keys go to the field, not to commands, while a person types or composes. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.isComposing || isTextField(event.target)
}

/** Chords that edit or move in a text; a field keeps them, and everything that has no `Mod`. */
export function isTextChord(chord: string): boolean {
  return !chord.startsWith('Mod+') || /^Mod\+(Shift\+)?([ACVXYZ]|Arrow\w+|Home|End|Backspace|Delete)$/.test(chord)
}

/** Whether what a person types there is text, or chooses. */
export function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range', 'submit'].includes(target.type)
}
