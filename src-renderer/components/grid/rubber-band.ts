import { computed, type Ref, ref } from 'vue'
import { type SelectedImages, useSelectionStore } from '../../stores/selection.ts'

type Area = Readonly<{ leftPx: number; rightPx: number; topPx: number; bottomPx: number }>

type Grid = Readonly<{
  scroller: Readonly<Ref<HTMLElement | null>>
  offsetPx: Readonly<Ref<number>>
  scrollTo(offsetPx: number): void
  /** Selects what lies in the area, and `base`, what was selected before. */
  select(area: Area, base: SelectedImages): void
}>

/** A press that moves less than this is a click. */
const leastMovePx = 5
/** So near to an edge the content moves under the pointer. */
const edgePx = 32
const edgeStepPx = 18

/** Selects by dragging a rectangle over the content; at the edges it scrolls. Control keeps what was selected. */
export function useRubberBand({ scroller, offsetPx, scrollTo, select }: Grid) {
  const selection = useSelectionStore()
  const from = ref<{ x: number; y: number }>()
  const to = ref<{ x: number; y: number }>()
  let base = selection.none
  let frame = 0
  let pointer = { x: 0, y: 0 }

  const area = computed<Area | undefined>(() => {
    if (!from.value || !to.value) return undefined
    return {
      leftPx: Math.min(from.value.x, to.value.x),
      rightPx: Math.max(from.value.x, to.value.x),
      topPx: Math.min(from.value.y, to.value.y),
      bottomPx: Math.max(from.value.y, to.value.y),
    }
  })
  const rectangle = computed(
    () =>
      area.value && {
        left: `${area.value.leftPx}px`,
        top: `${area.value.topPx - offsetPx.value}px`,
        width: `${area.value.rightPx - area.value.leftPx}px`,
        height: `${area.value.bottomPx - area.value.topPx}px`,
      },
  )

  function follow(): void {
    const element = scroller.value
    if (!element || !from.value) return
    const box = element.getBoundingClientRect()
    if (pointer.y < box.top + edgePx) scrollTo(offsetPx.value - edgeStepPx)
    else if (pointer.y > box.bottom - edgePx) scrollTo(offsetPx.value + edgeStepPx)
    const at = { x: pointer.x - box.left, y: pointer.y - box.top + offsetPx.value }
    if (to.value || Math.hypot(at.x - from.value.x, at.y - from.value.y) >= leastMovePx) {
      to.value = at
      if (area.value) select(area.value, base)
    }
    frame = requestAnimationFrame(follow)
  }

  function begin(event: PointerEvent): void {
    const element = scroller.value
    const isOnSelected = event.target instanceof Element && event.target.closest('[draggable=true]') !== null
    const box = element?.getBoundingClientRect()
    if (!element || !box || event.button !== 0 || event.shiftKey || event.altKey || isOnSelected) return
    // Not on the scroll bar.
    if (event.clientX - box.left > element.clientWidth) return
    pointer = { x: event.clientX, y: event.clientY }
    from.value = { x: event.clientX - box.left, y: event.clientY - box.top + offsetPx.value }
    base = event.ctrlKey || event.metaKey ? selection.keep() : selection.none
    const move = (moved: PointerEvent): void => {
      pointer = { x: moved.clientX, y: moved.clientY }
    }
    const end = (): void => {
      cancelAnimationFrame(frame)
      window.removeEventListener('pointermove', move)
      window.removeEventListener('pointerup', end)
      window.removeEventListener('pointercancel', end)
      // The click that ends a rectangle is not a click on a tile.
      if (to.value) {
        const swallow = (click: MouseEvent): void => click.stopPropagation()
        window.addEventListener('click', swallow, { capture: true, once: true })
        window.setTimeout(() => window.removeEventListener('click', swallow, { capture: true }))
      }
      from.value = undefined
      to.value = undefined
    }
    window.addEventListener('pointermove', move)
    window.addEventListener('pointerup', end)
    window.addEventListener('pointercancel', end)
    frame = requestAnimationFrame(follow)
  }

  return { rectangle, begin }
}
