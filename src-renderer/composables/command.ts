import { onBeforeUnmount, onMounted } from 'vue'
import type { CommandId } from '#shared/commands.ts'
import { useCommandsStore } from '../stores/commands.ts'

/** This component does these commands while it is mounted. */
export function useCommands(
  handlers: Partial<Record<CommandId, (() => unknown) | { run: () => unknown; isEnabled: () => boolean }>>,
): void {
  const commands = useCommandsStore()
  const releases: (() => void)[] = []
  onMounted(() => {
    for (const [id, handler] of Object.entries(handlers))
      releases.push(commands.register(id as CommandId, typeof handler === 'function' ? { run: handler } : handler))
  })
  onBeforeUnmount(() => {
    for (const release of releases) release()
  })
}
