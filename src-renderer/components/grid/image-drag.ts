import { ref } from 'vue'

const imagesType = 'application/x-spicerack-images'

/** Begins to drag the selected images; `label` goes with the pointer. */
export function startImageDrag(event: DragEvent, label: string): void {
  if (!event.dataTransfer) return
  event.dataTransfer.setData(imagesType, label)
  event.dataTransfer.effectAllowed = 'move'
  const ghost = document.createElement('p')
  ghost.className = 'drag-ghost'
  ghost.textContent = label
  document.body.append(ghost)
  event.dataTransfer.setDragImage(ghost, -8, -8)
  // The picture of it is taken once this event is over.
  window.setTimeout(() => ghost.remove())
}

/** Places of a list that images can be dropped on: the one that they are over, and what its element is bound to. */
export function useImageDrop<Key>(drop: (key: Key) => unknown) {
  const over = ref<Key>()
  return {
    over,
    targetOf: (key: Key) => ({
      onDragover(event: DragEvent): void {
        if (!event.dataTransfer?.types.includes(imagesType)) return
        event.preventDefault()
        over.value = key as typeof over.value
      },
      onDragleave(): void {
        over.value = undefined
      },
      onDrop(event: DragEvent): void {
        if (!event.dataTransfer?.types.includes(imagesType)) return
        event.preventDefault()
        over.value = undefined
        drop(key)
      },
    }),
  }
}
