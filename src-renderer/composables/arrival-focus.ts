import { onMounted, type Ref } from 'vue'

/**
 * Gives the keys to what a page is about when somebody comes to it, so that arrows work at once; not when something of the page has
 * them already.
 */
export function useArrivalFocus(target: Readonly<Ref<HTMLElement | null>>): void {
  onMounted(() => {
    const active = document.activeElement
    const isFree = active === null || active === document.body || active.matches('main, nav *')
    if (isFree) target.value?.focus({ preventScroll: true })
  })
}
