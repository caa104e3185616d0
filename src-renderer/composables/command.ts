import { onBeforeUnmount, onMounted } from 'vue'
import type { CommandId } from '#shared/commands.ts'
import type { ClassEntity } from '#shared/entities.ts'
import { useClustersStore } from '../stores/clusters.ts'
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

/** While this component is mounted, the key of a class gives that class; `give` says whether it was wanted now. */
export function useClassKeys(give: (entity: ClassEntity) => boolean): void {
  const commands = useCommandsStore()
  const clusters = useClustersStore()
  let release = (): void => {}
  onMounted(() => {
    release = commands.takeClassKeys((key) => {
      const entity = clusters.classes.find((candidate) => candidate.key === key)
      return entity !== undefined && give(entity)
    })
  })
  onBeforeUnmount(() => release())
}
