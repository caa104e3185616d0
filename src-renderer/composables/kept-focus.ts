import { onBeforeUnmount, onMounted } from 'vue'

const reachable = 'a[href], button, input, select, textarea, summary, [tabindex="0"]'
const regions = 'main, aside, header, nav'
/** What lies above the page and gives the keys back by itself. */
const layers = '[role=dialog], [role=alertdialog], [role=menu]'

/** `after` and `before`: what else of its region can have the keys, nearest first. */
type Place = Readonly<{ element: HTMLElement; region: Element | null; after: readonly HTMLElement[]; before: readonly HTMLElement[] }>

/**
 * Keeps the keyboard where a person was: when what had the focus goes away (a button with its row, an answered question), what came after
 * it has the keys, else what came before it, else what is there now, else what the page is about. What was disabled has them again when
 * it can be used again.
 */
export function useKeptFocus(): void {
  /** Where the focus was last: on the page, and anywhere. */
  let place: Place | undefined
  let last: Element | undefined
  /** What had the focus last cannot be used for now. */
  let isDisabled = false
  let frame = 0

  function note({ target }: FocusEvent): void {
    if (!(target instanceof HTMLElement)) return
    last = target
    isDisabled = false
    if (target.closest('.page, nav') === null || target.closest(layers)) return
    const region = target.closest(regions)
    const all = within(region)
    place = {
      element: target,
      region,
      after: all.filter((other) => target.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING),
      before: all.filter((other) => target.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING).reverse(),
    }
  }
  function look(): void {
    frame = 0
    if (last?.isConnected && last.matches(':disabled')) {
      isDisabled = true
      return
    }
    const isFree = document.activeElement === null || document.activeElement === document.body
    const isLost = isFree && last !== undefined && (isDisabled || !canHold(last))
    if (!isLost || !place || document.querySelector(layers)) return
    const { element, region, after, before } = place
    const main = document.querySelector<HTMLElement>('main')
    const found = [element, ...after, ...before, ...within(region), ...within(main)].find(canHold) ?? main
    found?.focus()
  }
  // After the frame in which a closed dialog gives the keys back.
  const observer = new MutationObserver(() => {
    frame ||= requestAnimationFrame(() => {
      frame = requestAnimationFrame(look)
    })
  })
  onMounted(() => {
    document.addEventListener('focusin', note)
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['disabled', 'hidden'] })
  })
  onBeforeUnmount(() => {
    document.removeEventListener('focusin', note)
    observer.disconnect()
    cancelAnimationFrame(frame)
  })
}

function within(region: Element | null): HTMLElement[] {
  return [...(region?.querySelectorAll<HTMLElement>(reachable) ?? [])]
}

function canHold(element: Element): boolean {
  return element.isConnected && !element.matches(':disabled') && element.checkVisibility()
}
