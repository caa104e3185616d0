import { defineStore } from 'pinia'
import { ref, shallowRef, triggerRef } from 'vue'
import type { ImageId } from '#shared/entities.ts'

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

  function put(id: ImageId, isSelected: boolean): void {
    if (has(id) === isSelected) return
    const word = id >>> 5
    if (word >= bits.value.length) {
      const wider = new Uint32Array(Math.max(word + 1, bits.value.length * 2))
      wider.set(bits.value)
      bits.value = wider
    }
    bits.value[word] = (bits.value[word] as number) ^ (1 << (id & 31))
    count.value += isSelected ? 1 : -1
  }

  /** Changes many at once; whoever watches is told once. */
  function set(ids: Iterable<number>, isSelected: boolean): void {
    for (const id of ids) put(id as ImageId, isSelected)
    triggerRef(bits)
  }

  function only(ids: Iterable<number>): void {
    bits.value.fill(0)
    count.value = 0
    set(ids, true)
  }

  function toggle(id: ImageId): void {
    put(id, !has(id))
    triggerRef(bits)
  }

  function clear(): void {
    if (count.value > 0) only([])
    anchor.value = undefined
  }

  /** The ids, ascending. */
  function ids(): ImageId[] {
    const found: ImageId[] = []
    for (const [word, value] of bits.value.entries()) {
      if (value !== 0) for (let bit = 0; bit < 32; bit++) if (value & (1 << bit)) found.push((word * 32 + bit) as ImageId)
    }
    return found
  }

  return { bits, count, anchor, current, has, set, only, toggle, clear, ids }
})
