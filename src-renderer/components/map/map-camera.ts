import { ref, shallowRef } from 'vue'
import { type Bounds, fitView, type MapView, panBy, toPlane, toScreen, type ViewSize, zoomAt } from './map-view.ts'

const marginPx = 64
const travelMs = 180
/** How much further out than everything. */
const leastZoom = 0.5
/** How far points get from each other, at most; but everything may always grow so many times. */
const farthestApartPx = 600
const leastGrowth = 8

/** What part of the plane is seen, how it gets there, and what it is when the window changes. */
export function useMapCamera(onChange: () => void) {
  const view = shallowRef<MapView>({ x: 0, y: 0, scale: 1 })
  const size = shallowRef<ViewSize>({ widthPx: 0, heightPx: 0 })
  /** The scale at which everything fits. */
  const whole = ref(1)
  let everything: Bounds | undefined
  let spacing = 0
  let isWhole = true
  let travel = 0

  const nearest = (): number => Math.max(leastGrowth * whole.value, spacing > 0 ? farthestApartPx / spacing : 0)

  function set(next: MapView): void {
    cancelAnimationFrame(travel)
    view.value = next
    onChange()
  }

  function showWhole(): void {
    if (!everything) return
    const fitted = fitView(everything, size.value, marginPx)
    whole.value = fitted.scale
    if (isWhole) set(fitted)
  }

  /** Goes there in a short while; at once where motion is not wanted. */
  function travelTo(next: MapView): void {
    cancelAnimationFrame(travel)
    if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) {
      set(next)
      return
    }
    const from = view.value
    const startedAt = performance.now()
    const step = (): void => {
      const done = Math.min(1, (performance.now() - startedAt) / travelMs)
      const share = done * (2 - done)
      const mix = (one: number, other: number): number => one + (other - one) * share
      view.value =
        done === 1 ? next : { x: mix(from.x, next.x), y: mix(from.y, next.y), scale: from.scale * (next.scale / from.scale) ** share }
      onChange()
      if (done < 1) travel = requestAnimationFrame(step)
    }
    step()
  }

  return {
    view,
    size,
    whole,
    toScreen: (x: number, y: number) => toScreen(view.value, size.value, x, y),
    toPlane: (x: number, y: number) => toPlane(view.value, size.value, x, y),
    /** Other points, so far apart: they are shown whole. */
    showAll(bounds: Bounds | undefined, apart: number): void {
      everything = bounds
      spacing = apart
      isWhole = true
      showWhole()
    },
    resize(next: ViewSize): void {
      size.value = next
      showWhole()
      onChange()
    },
    pan(deltaX: number, deltaY: number): void {
      isWhole = false
      set(panBy(view.value, deltaX, deltaY))
    },
    /** Without a place: about the middle, and in a short while. */
    zoom(factor: number, x?: number, y?: number): void {
      isWhole = false
      const { widthPx, heightPx } = size.value
      const next = zoomAt(view.value, size.value, factor, [x ?? widthPx / 2, y ?? heightPx / 2], [leastZoom * whole.value, nearest()])
      if (x === undefined) travelTo(next)
      else set(next)
    },
    travelToAll(): void {
      isWhole = true
      if (everything) travelTo(fitView(everything, size.value, marginPx))
    },
    travelToBounds(bounds: Bounds): void {
      isWhole = false
      const fitted = fitView(bounds, size.value, marginPx)
      const isPoint = bounds.left === bounds.right && bounds.top === bounds.bottom
      const scale = isPoint ? Math.max(view.value.scale, Math.sqrt(whole.value * nearest())) : Math.min(fitted.scale, nearest())
      travelTo({ ...fitted, scale })
    },
    /** Moves no further than needed to have a point in sight. */
    reveal(planeX: number, planeY: number): void {
      const [x, y] = toScreen(view.value, size.value, planeX, planeY)
      const beyond = (at: number, sizePx: number): number => Math.min(0, at - marginPx) + Math.max(0, at - (sizePx - marginPx))
      const [deltaX, deltaY] = [beyond(x, size.value.widthPx), beyond(y, size.value.heightPx)]
      if (deltaX === 0 && deltaY === 0) return
      isWhole = false
      travelTo(panBy(view.value, -deltaX, -deltaY))
    },
    stop: () => cancelAnimationFrame(travel),
  }
}
