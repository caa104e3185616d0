import { defineStore } from 'pinia'
import { shallowReactive, watch } from 'vue'
import type { ImageTile } from '#shared/contract/images.ts'
import type { ImageId, ProjectId } from '#shared/entities.ts'
import { engineClient } from '../client/engine-client.ts'
import { useEngineStore } from './engine.ts'

const mostAtOnce = 500
/** Beyond this the oldest are forgotten: far more than any screen shows. */
const mostKept = 20_000

/** What tiles show, by image; asked for in batches as tiles come into sight. */
export const useImageTilesStore = defineStore('imageTiles', () => {
  const engine = useEngineStore()
  const tiles = shallowReactive(new Map<ImageId, ImageTile>())
  const asked = new Set<ImageId>()
  let wanted: readonly ImageId[] = []
  let isWaiting = false

  watch(
    () => engine.project?.id,
    () => tiles.clear(),
  )
  // What was known may have changed: shown at once as it was, and read again for what is in sight.
  watch(
    () => engine.revision,
    () => fetchTiles(wanted),
  )

  /** Tells which images are in sight; those not known are read. */
  function want(ids: readonly ImageId[]): void {
    wanted = ids
    if (isWaiting) return
    isWaiting = true
    queueMicrotask(() => {
      isWaiting = false
      void fetchTiles(wanted.filter((id) => !tiles.has(id) && !asked.has(id)))
    })
  }

  async function fetchTiles(ids: readonly ImageId[]): Promise<void> {
    if (ids.length === 0 || !engine.project) return
    for (let start = 0; start < ids.length; start += mostAtOnce) {
      const batch = ids.slice(start, start + mostAtOnce)
      for (const id of batch) asked.add(id)
      const projectId: ProjectId | undefined = engine.project?.id
      try {
        const found = await engineClient.images.tiles({ imageIds: batch })
        // The same numbers are other images in another project.
        if (projectId === engine.project?.id) for (const tile of found) tiles.set(tile.id, tile)
      } catch {
        // The frame says that the engine is gone; what is in sight is asked for again when it is back.
      }
      for (const id of batch) asked.delete(id)
    }
    for (const oldest of tiles.keys()) {
      if (tiles.size <= mostKept) break
      tiles.delete(oldest)
    }
  }

  return { tiles, want }
})
