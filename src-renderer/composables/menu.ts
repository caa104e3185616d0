import { computed, onBeforeUnmount, onMounted, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { type CommandId, commandFacts, commandGroups, commandIds } from '#shared/commands.ts'
import type { MenuState } from '#shared/host.ts'
import { host } from '../client/host.ts'
import { isTextField } from '../commands/key-chord.ts'
import { useCommandsStore } from '../stores/commands.ts'
import { usePreferencesStore } from '../stores/preferences.ts'

/** In a field where a person types, these mean the text. */
const textCommands: readonly CommandId[] = ['undo', 'redo', 'selectAll']

/** Keeps the native menu as the page's commands are, and does what is chosen there. Nothing in a browser. */
export function useMenu(): void {
  if (!host) return
  const desktop = host
  const { t } = useI18n()
  const commands = useCommandsStore()
  const preferences = usePreferencesStore()
  const releases: (() => void)[] = []

  const state = computed<MenuState>(() => ({
    locale: preferences.locale,
    groups: commandGroups.map((group) => ({
      id: group,
      title: t(`commandGroups.${group}`),
      items: commandIds
        .filter((id) => commandFacts(id).group === group && commandFacts(id).inMenu)
        .map((id) => ({
          id,
          title: t(`commands.${id}`),
          chord: commands.keysOf(id)[0] ?? null,
          isEnabled: commands.canRun(id),
        })),
    })),
  }))
  // Many commands change at once when a page is shown: the menu is told when it is quiet.
  let timer: number | undefined
  const stopWatching = watch(
    () => JSON.stringify(state.value),
    (text) => {
      window.clearTimeout(timer)
      timer = window.setTimeout(() => desktop.setMenuState(JSON.parse(text) as MenuState), 150)
    },
    { immediate: true },
  )
  watch(
    () => preferences.theme,
    (appearance) => desktop.setAppearance({ appearance }),
    { immediate: true },
  )
  onMounted(() => {
    releases.push(
      desktop.onCommand((id) => {
        if (textCommands.includes(id) && isTextField(document.activeElement)) document.execCommand(id)
        else commands.run(id)
      }),
    )
  })
  onBeforeUnmount(() => {
    stopWatching()
    window.clearTimeout(timer)
    for (const release of releases) release()
  })
}
