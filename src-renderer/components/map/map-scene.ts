import { onBeforeUnmount, onMounted, type Ref, watch, watchEffect } from 'vue'
import type { ImageId } from '#shared/entities.ts'
import { useImageTilesStore } from '../../stores/image-tiles.ts'
import { useMapStore } from '../../stores/map.ts'
import { useSelectionStore } from '../../stores/selection.ts'
import { useMapCamera } from './map-camera.ts'
import { createDetail } from './map-detail.ts'
import { drawOverlay, type ShownPicture } from './map-overlay.ts'
import { toCss, useMapPalette } from './map-palette.ts'
import { boundsOf } from './map-view.ts'
import { createPointRenderer, type PointRenderer } from './point-renderer.ts'
import { chooseRepresentatives } from './point-search.ts'
import { pointStyle, spacingOf } from './point-style.ts'
import { createThumbnailCache } from './thumbnail-cache.ts'

/** Sides of pictures, larger where there are few images; the cells for one each are larger by a third. */
const usualSidePx = 56
const largeSidePx = 96
const fewImages = 60
/** Pictures come when no more points than this are in sight, and go when more than that are. */
const mostToShow = 300
const mostToKeep = 400
/** While the view moves, pictures are chosen anew no more often. */
const choosePauseMs = 120

type Layers = Readonly<{ frame: Ref<HTMLElement | null>; points: Ref<HTMLCanvasElement | null>; overlay: Ref<HTMLCanvasElement | null> }>

/** Draws the map when something has changed: points, pictures, the line that is being drawn. */
export function useMapScene({ frame, points, overlay }: Layers) {
  const map = useMapStore()
  const selection = useSelectionStore()
  const { tiles, want } = useImageTilesStore()
  const { tokens, colours } = useMapPalette()
  const camera = useMapCamera(redraw)
  const pictures = createThumbnailCache(redrawOverlay)
  const detail = createDetail(redraw)
  /** In px; undefined when none is being drawn. */
  let line: readonly number[] | undefined
  let renderer: PointRenderer | undefined
  let pictured: readonly number[] = []
  let chosenAt = 0
  let settle: number | undefined
  let pending = 0
  let arePointsOld = true
  let pixelRatio = 1
  let sharpness: MediaQueryList | undefined
  /** Of the points, in units of the plane. */
  let spacing = 0

  function redraw(): void {
    arePointsOld = true
    redrawOverlay()
  }

  function redrawOverlay(): void {
    if (pending === 0) pending = requestAnimationFrame(draw)
  }

  function draw(): void {
    cancelAnimationFrame(pending)
    pending = 0
    const pen = overlay.value?.getContext('2d')
    if (!renderer || !pen || camera.size.value.widthPx === 0) return
    if (arePointsOld) {
      arePointsOld = false
      const { view, size } = camera
      const every = detail.everyNth()
      const style = pointStyle(spacing * view.value.scale * Math.sqrt(every), tokens.value.accent, selection.count > 0)
      renderer.draw(view.value, size.value, pixelRatio, style, every)
      choosePictures()
    }
    drawOverlay(pen, pixelRatio, { pictures: shownPictures(), sidePx: pictureSidePx(), ring: currentRing(), line }, tokens.value)
  }

  function pictureSidePx(): number {
    return map.imageIds.length <= fewImages ? largeSidePx : usualSidePx
  }

  function choosePictures(): void {
    window.clearTimeout(settle)
    if (performance.now() - chosenAt < choosePauseMs) {
      settle = window.setTimeout(() => {
        choosePictures()
        redrawOverlay()
      }, choosePauseMs)
      return
    }
    chosenAt = performance.now()
    const sidePx = pictureSidePx()
    const most = pictured.length > 0 ? mostToKeep : mostToShow
    pictured = chooseRepresentatives(map, camera.view.value, camera.size.value, (4 / 3) * sidePx, sidePx, most).rows
    if (pictured.length > 0) want(pictured.map((row) => map.imageIds[row] as ImageId))
  }

  function shownPictures(): ShownPicture[] {
    return pictured.map((row) => {
      const id = map.imageIds[row] as ImageId
      const [x, y] = camera.toScreen(map.positions[2 * row], map.positions[2 * row + 1])
      const url = tiles.get(id)?.thumbnailUrl
      return {
        x,
        y,
        picture: url ? pictures.get(url) : undefined,
        frame: toCss(colours.value[map.colours.indices[row]] ?? [128, 128, 128]),
        isSelected: selection.has(id),
      }
    })
  }

  function currentRing() {
    const row = selection.current === undefined ? -1 : rowOf(selection.current)
    if (row < 0 || map.shown[row] !== 1) return undefined
    const [x, y] = camera.toScreen(map.positions[2 * row], map.positions[2 * row + 1])
    return { x, y, radiusPx: pictured.includes(row) ? pictureSidePx() * 0.76 : 10 }
  }

  /** The row of an image; -1 when it is not on the map. */
  function rowOf(id: ImageId): number {
    return map.imageIds.indexOf(id)
  }

  /** The image whose picture is at a place of the screen. */
  function pictureAt(x: number, y: number): number | undefined {
    const sidePx = pictureSidePx()
    return pictured.findLast((row) => {
      const [pictureX, pictureY] = camera.toScreen(map.positions[2 * row], map.positions[2 * row + 1])
      return Math.abs(x - pictureX) <= sidePx / 2 && Math.abs(y - pictureY) <= sidePx / 2
    })
  }

  function setPalette(): void {
    renderer?.setPalette(colours.value.map((colour, place) => (map.isCategoryShown[place] === 1 ? colour : null)))
    forget()
  }

  /** What is shown has changed: pictures are chosen anew. */
  function forget(): void {
    chosenAt = 0
    redraw()
  }

  /** On a screen with another pixel ratio nothing else may change. */
  function watchPixelRatio(): void {
    sharpness?.removeEventListener('change', resize)
    sharpness = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`)
    sharpness.addEventListener('change', resize)
  }

  function resize(): void {
    watchPixelRatio()
    const box = frame.value?.getBoundingClientRect()
    if (!box || !points.value || !overlay.value) return
    pixelRatio = window.devicePixelRatio
    for (const canvas of [points.value, overlay.value]) {
      canvas.width = Math.max(1, Math.round(box.width * pixelRatio))
      canvas.height = Math.max(1, Math.round(box.height * pixelRatio))
    }
    camera.resize({ widthPx: box.width, heightPx: box.height })
    chosenAt = 0
    // Now, not in the next frame: a canvas whose size was set is empty.
    arePointsOld = true
    draw()
  }

  function start(): void {
    renderer = points.value ? createPointRenderer(points.value) : undefined
    renderer?.setPositions(map.positions)
    renderer?.setCategories(map.colours.indices)
    renderer?.setSelected(selectedFlags())
    setPalette()
  }

  function selectedFlags(): Uint8Array {
    const { bits } = selection
    const { imageIds } = map
    const flags = new Uint8Array(imageIds.length)
    for (let row = 0; row < imageIds.length; row++) flags[row] = (bits[imageIds[row] >>> 5] >>> (imageIds[row] & 31)) & 1
    return flags
  }

  const observer = new ResizeObserver(resize)
  onMounted(() => {
    if (!frame.value) return
    start()
    resize()
    observer.observe(frame.value)
    points.value?.addEventListener('webglcontextlost', (event) => event.preventDefault())
    points.value?.addEventListener('webglcontextrestored', start)
  })
  onBeforeUnmount(() => {
    cancelAnimationFrame(pending)
    window.clearTimeout(settle)
    detail.stop()
    camera.stop()
    observer.disconnect()
    sharpness?.removeEventListener('change', resize)
    renderer?.dispose()
  })
  watch(
    () => map.positions,
    (positions) => {
      renderer?.setPositions(positions)
      const bounds = boundsOf(positions)
      spacing = bounds ? spacingOf(positions, bounds) : 0
      camera.showAll(bounds, spacing)
      forget()
    },
    { immediate: true },
  )
  watch(
    () => map.colours,
    ({ indices }) => renderer?.setCategories(indices),
  )
  watch([colours, () => map.isCategoryShown], setPalette)
  watchEffect(() => {
    const flags = selectedFlags()
    renderer?.setSelected(flags)
    redraw()
  })
  watch([() => selection.current, tiles], redrawOverlay)

  return {
    camera,
    rowOf,
    pictureAt,
    selectedFlags,
    drawLine(next: readonly number[] | undefined): void {
      line = next
      redrawOverlay()
    },
  }
}
