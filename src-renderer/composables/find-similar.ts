import { useRouter } from 'vue-router'
import { useSelectionStore } from '../stores/selection.ts'
import { useCommands } from './command.ts'

/** The command that shows what looks like the current image, in the grid; `before` is done first. */
export function useFindSimilar(before: () => unknown = () => undefined): void {
  const router = useRouter()
  const selection = useSelectionStore()
  useCommands({
    findSimilar: {
      run: () => {
        before()
        return router.push({ name: 'images', query: { similar: selection.current } })
      },
      isEnabled: () => selection.current !== undefined && selection.count > 0,
    },
  })
}
