import type { ClassId, ClusterId, ImageId } from '#shared/entities.ts'
import { useCorrectionsStore } from '../stores/corrections.ts'
import { useSelectionStore } from '../stores/selection.ts'

/** What is done with the images that are selected; once it is done, none is. */
export function useSelectionActs() {
  const selection = useSelectionStore()
  const corrections = useCorrectionsStore()

  async function act(work: (ids: ImageId[]) => Promise<unknown>): Promise<void> {
    const done = await work(selection.ids())
    if (done !== undefined) selection.clear()
  }
  return {
    move: (clusterId: ClusterId) => act((ids) => corrections.move(ids, clusterId)),
    create: (name: string) => act((ids) => corrections.create(name, ids)),
    label: (classId: ClassId) => act((ids) => corrections.label(ids, classId)),
    reject: () => act((ids) => corrections.reject(ids, true)),
    takeBack: () => act((ids) => corrections.reject(ids, false)),
    confirm: () => act(corrections.confirm),
  }
}
