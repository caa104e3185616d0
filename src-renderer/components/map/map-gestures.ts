import { onBeforeUnmount, onMounted, type Ref, ref } from 'vue'
import { isTyping } from '../../commands/key-chord.ts'

/** Whether what is pointed out comes to the selection, or leaves it; else it is the selection. */
export type Change = 'only' | 'add' | 'remove'

type Actions = Readonly<{
  pan(deltaX: number, deltaY: number): void
  zoom(factor: number, x: number, y: number): void
  /** A line is being drawn, in px; undefined when it is given up. */
  draw(line: readonly number[] | undefined): void
  /** A line was drawn. */
  enclose(line: readonly number[], change: Change): void
  click(x: number, y: number, change: Change): void
  hover(at: { x: number; y: number } | undefined): void
  /** Whether what is at this place can be dragged elsewhere. */
  canDrag(x: number, y: number): boolean
  /** The space bar was pressed and let go with nothing between. */
  tapSpace(): void
}>

/** A press that moves less than this is a click. */
const leastMovePx = 4
const longestTapMs = 400

/**
 * Pointer, wheel, touch and space bar over the map. A drag takes what can be dragged with it, else draws a line or moves the view; the
 * middle button and the space bar always move it.
 */
export function useMapGestures(element: Readonly<Ref<HTMLElement | null>>, isPanning: () => boolean, actions: Actions) {
  const isSpaceHeld = ref(false)
  const isMoving = ref(false)
  const pointers = new Map<number, { x: number; y: number }>()
  let line: number[] | undefined
  let start = { x: 0, y: 0 }
  let hasMoved = false
  let spaceAt = 0
  let isSpaceUsed = false

  function placeOf(event: MouseEvent): { x: number; y: number } {
    const box = element.value?.getBoundingClientRect()
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) }
  }
  const changeOf = (event: MouseEvent): Change =>
    event.altKey ? 'remove' : event.shiftKey || event.ctrlKey || event.metaKey ? 'add' : 'only'

  function giveUp(): void {
    line = undefined
    actions.draw(undefined)
  }

  function down(event: PointerEvent): void {
    if (event.button === 2 || !element.value) return
    const at = placeOf(event)
    pointers.set(event.pointerId, at)
    // What is dragged is the browser's to move, so that it can be dropped anywhere; it then takes the pointer away.
    element.value.draggable = isDrag(event, at)
    if (!element.value.draggable) element.value.setPointerCapture(event.pointerId)
    actions.hover(undefined)
    if (pointers.size > 1) {
      giveUp()
      isMoving.value = true
      hasMoved = true
      return
    }
    start = at
    hasMoved = false
    isMoving.value = event.button === 1 || isSpaceHeld.value || isPanning()
    if (isSpaceHeld.value) isSpaceUsed = true
    if (!isMoving.value && !element.value.draggable) line = [at.x, at.y]
    // The middle button would scroll by itself.
    if (event.button === 1) event.preventDefault()
  }

  /** A mouse alone: a finger draws. With Shift or Alt a line is drawn, whatever is under it. */
  function isDrag(event: PointerEvent, at: { x: number; y: number }): boolean {
    const isPlain = event.pointerType === 'mouse' && event.button === 0 && changeOf(event) === 'only'
    return isPlain && !isSpaceHeld.value && !isPanning() && actions.canDrag(at.x, at.y)
  }

  function move(event: PointerEvent): void {
    const at = placeOf(event)
    const before = pointers.get(event.pointerId)
    if (!before) {
      if (event.pointerType !== 'touch') actions.hover(at)
      return
    }
    if (Math.hypot(at.x - start.x, at.y - start.y) >= leastMovePx) hasMoved = true
    if (pointers.size > 1) pinch(event.pointerId, before, at)
    else if (isMoving.value) actions.pan(at.x - before.x, at.y - before.y)
    else if (line && hasMoved) {
      line.push(at.x, at.y)
      actions.draw(line)
    }
    pointers.set(event.pointerId, at)
  }

  function pinch(moved: number, before: { x: number; y: number }, at: { x: number; y: number }): void {
    const other = [...pointers].find(([id]) => id !== moved)?.[1]
    if (!other) return
    actions.pan((at.x - before.x) / 2, (at.y - before.y) / 2)
    const ratio = Math.hypot(at.x - other.x, at.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y))
    actions.zoom(ratio, (at.x + other.x) / 2, (at.y + other.y) / 2)
  }

  function up(event: PointerEvent): void {
    if (!pointers.delete(event.pointerId)) return
    if (pointers.size > 0) return
    const drawn = line
    giveUp()
    if (event.type === 'pointerup' && event.button === 0) {
      if (!hasMoved && !isSpaceHeld.value) actions.click(start.x, start.y, changeOf(event))
      else if (drawn && hasMoved) actions.enclose(drawn, changeOf(event))
    }
    isMoving.value = false
  }

  function wheel(event: WheelEvent): void {
    event.preventDefault()
    if (line) return
    const { x, y } = placeOf(event)
    const unitPx = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1
    // A pinch on a touch pad comes as small steps with Control.
    actions.zoom(Math.exp(-event.deltaY * unitPx * (event.ctrlKey ? 0.01 : 0.002)), x, y)
  }

  function keyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape' && line) {
      giveUp()
      event.preventDefault()
      event.stopPropagation()
    }
    if (event.key !== ' ' || isTyping(event) || isElsewhere(event)) return
    event.preventDefault()
    event.stopPropagation()
    if (event.repeat) return
    isSpaceHeld.value = true
    isSpaceUsed = false
    spaceAt = performance.now()
  }

  function keyUp(event: KeyboardEvent): void {
    if (event.key !== ' ' || !isSpaceHeld.value) return
    isSpaceHeld.value = false
    if (!isSpaceUsed && performance.now() - spaceAt < longestTapMs) actions.tapSpace()
  }

  /** Another part of the page has the focus and uses the key itself. */
  function isElsewhere({ target }: KeyboardEvent): boolean {
    return (
      !(target instanceof Element) ||
      target.closest('button, a[href], summary, input, [role=button], [role=listbox], [role=dialog], [role=menu], [role=separator]') !==
        null ||
      !element.value?.checkVisibility()
    )
  }

  onMounted(() => {
    window.addEventListener('keydown', keyDown, { capture: true })
    window.addEventListener('keyup', keyUp)
    element.value?.addEventListener('wheel', wheel, { passive: false })
  })
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', keyDown, { capture: true })
    window.removeEventListener('keyup', keyUp)
  })

  return { isSpaceHeld, isMoving, placeOf, down, move, up, leave: () => actions.hover(undefined) }
}
