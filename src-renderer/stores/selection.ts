import { defineStore } from 'pinia'
import { ref, shallowRef, triggerRef } from 'vue'
import type { ImageId } from '#shared/entities.ts'

/** What was selected at some time. */
export type SelectedImages = Readonly<{ bits: Uint32Array; count: number }>

/** The images that are selected, as one bit an image id: a million are held and asked for at no cost. Shared by grid and map. */
export const useSelectionStore = defineStore('selection', () => {
  const bits = shallowRef(new Uint32Array(64))
  const count = ref(0)
  /** Where a range begins. */
  const anchor = shallowRef<ImageId>()
  /** The image that keys act on. */
  const current = shallowRef<ImageId>()

  function has(id: ImageId): boolean {
    return ((bits.value[id >>> 5] ?? 0) & (1 << (id & 31))) !== 0
  }

  function widen(leastWords: number): void {
    const wider = new Uint32Array(Math.max(leastWords, bits.value.length * 2))
    wider.set(bits.value)
    bits.value = wider
  }

  /** Changes many at once; whoever watches is told once. */
  function set(ids: Iterable<number>, isSelected: boolean): void {
    let words = bits.value
    let change = 0
    for (const id of ids) {
      const word = id >>> 5
      const bit = 1 << (id & 31)
      if (word >= words.length) {
        widen(word + 1)
        words = bits.value
      }
      const before = words[word] as number
      if (((before & bit) !== 0) === isSelected) continue
      words[word] = before ^ bit
      change += 1
    }
    count.value += isSelected ? change : -change
    triggerRef(bits)
  }

  function only(ids: Iterable<number>): void {
    bits.value.fill(0)
    count.value = 0
    set(ids, true)
  }

  function toggle(id: ImageId): void {
    set([id], !has(id))
  }

  function clear(): void {
    if (count.value > 0) only([])
    anchor.value = undefined
  }

  /** Nothing is selected, and no image is the one that keys act on. */
  function forget(): void {
    clear()
    current.value = undefined
  }

  const none: SelectedImages = { bits: new Uint32Array(), count: 0 }
  const keep = (): SelectedImages => ({ bits: bits.value.slice(), count: count.value })
  function restore(kept: SelectedImages): void {
    bits.value.fill(0)
    bits.value.set(kept.bits)
    count.value = kept.count
    triggerRef(bits)
  }

  /** The ids, ascending. */
  function ids(): ImageId[] {
    const found: ImageId[] = []
    for (const [word, value] of bits.value.entries()) {
      if (value !== 0) for (let bit = 0; bit < 32; bit++) if (value & (1 << bit)) found.push((word * 32 + bit) as ImageId)
    }
    return found
  }

  return { bits, count, anchor, current, has, set, only, toggle, clear, forget, ids, none, keep, restore }
})
