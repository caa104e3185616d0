import { type Ref, ref, watch } from 'vue'
import type { GridLayout } from './grid-layout.ts'

/**
 * Scrolls content taller than an element can be. `offsetPx` is the place in the whole content. Small movements go pixel by pixel; a
 * jump of the scroll bar goes by its share of the whole; both ends can be reached.
 */
export function useScaledScroll(
  scroller: Readonly<Ref<HTMLElement | null>>,
  layout: Readonly<Ref<GridLayout>>,
  viewportPx: Readonly<Ref<number>>,
) {
  const offsetPx = ref(0)
  let lastTopPx = 0
  let settleTimer: number | undefined

  const mostOffset = (): number => Math.max(0, layout.value.heightPx - viewportPx.value)
  const mostTop = (): number => Math.max(0, layout.value.scrollHeightPx - viewportPx.value)
  const toTop = (offset: number): number => (mostOffset() === 0 ? 0 : (offset / mostOffset()) * mostTop())

  function onScroll(): void {
    const element = scroller.value
    if (!element) return
    const top = element.scrollTop
    const moved = top - lastTopPx
    lastTopPx = top
    if (moved === 0) return
    if (top <= 0) offsetPx.value = 0
    else if (top >= mostTop() - 1) offsetPx.value = mostOffset()
    else if (Math.abs(moved) < viewportPx.value) offsetPx.value = clamp(offsetPx.value + moved)
    else offsetPx.value = clamp((top / mostTop()) * mostOffset())
    window.clearTimeout(settleTimer)
    settleTimer = window.setTimeout(settle, 150)
  }

  /** Puts the scroll bar where the content is, once nothing moves. */
  function settle(): void {
    const element = scroller.value
    if (!element) return
    element.scrollTop = toTop(offsetPx.value)
    lastTopPx = element.scrollTop
  }

  function scrollTo(offset: number): void {
    offsetPx.value = clamp(offset)
    settle()
  }

  /** Moves no further than needed to show a span. */
  function reveal(topPx: number, bottomPx: number): void {
    if (topPx < offsetPx.value) scrollTo(topPx)
    else if (bottomPx > offsetPx.value + viewportPx.value) scrollTo(bottomPx - viewportPx.value)
  }

  const clamp = (offset: number): number => Math.min(mostOffset(), Math.max(0, offset))
  watch([layout, viewportPx], () => scrollTo(offsetPx.value), { flush: 'post' })

  return { offsetPx, onScroll, scrollTo, reveal }
}
