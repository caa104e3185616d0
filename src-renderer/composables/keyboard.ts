import { onBeforeUnmount, onMounted } from 'vue'
import { isTextChord, isTyping, toChord } from '../commands/key-chord.ts'
import { useCommandsStore } from '../stores/commands.ts'

/** Gives the keys of the whole window to the commands, except while a person types, composes, or a dialog is open. */
export function useKeyboard(): void {
  const commands = useCommandsStore()
  const press = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return
    const chord = toChord(event)
    if (chord === undefined) return
    const isAlwaysOurs = chord === 'Mod+K'
    if (!isAlwaysOurs && ((isTyping(event) && isTextChord(chord)) || isInDialog(event))) return
    if (isOwnKeyOfControl(event, chord)) return
    if (commands.runChord(chord)) event.preventDefault()
    // There is nothing to copy in the words of the page.
    else if (chord === 'Mod+A' && !isTyping(event)) event.preventDefault()
  }
  onMounted(() => window.addEventListener('keydown', press))
  onBeforeUnmount(() => window.removeEventListener('keydown', press))
}

function isInDialog(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest('[role=dialog], [role=alertdialog], [role=menu]') !== null
}

/** Space and Enter press a button that has the focus; Enter does nothing to a choice, whose arrows change it. */
function isOwnKeyOfControl(event: KeyboardEvent, chord: string): boolean {
  const isArrow = /^(Arrow\w+|Home|End|PageUp|PageDown)$/.test(chord)
  if (isArrow) return event.target instanceof Element && event.target.matches('input, select, [role=separator]')
  if (chord === 'Enter' && event.target instanceof Element && event.target.matches('input[type=radio], input[type=checkbox]')) return false
  return (
    (chord === 'Space' || chord === 'Enter') &&
    event.target instanceof Element &&
    event.target.closest('button, a[href], summary, input, [role=button], [role=tab]') !== null
  )
}
