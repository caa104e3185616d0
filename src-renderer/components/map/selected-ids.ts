import type { SelectedImages } from '../../stores/selection.ts'

/** The ids of what was selected, ascending. */
export function idsIn({ bits, count }: SelectedImages): Int32Array {
  const ids = new Int32Array(count)
  let found = 0
  for (let word = 0; word < bits.length; word++) {
    // The lowest bit that is set, each in turn.
    for (let rest = bits[word]; rest !== 0; rest &= rest - 1) ids[found++] = word * 32 + 31 - Math.clz32(rest & -rest)
  }
  return ids
}
