/** Keys that no command has: 1 to 9. */
const digits = [...'123456789']
const letters = [...'abcdefghijklmnopqrstuvwxyz']

/**
 * Keys for new classes, in the order in which they are given: what `taken` leaves.
 *
 * @param hasLetters Letters too. Commands have some of them, so only a person gives those.
 */
export function freeClassKeys(taken: readonly (string | null)[], hasLetters = false): string[] {
  return [...digits, ...(hasLetters ? letters : [])].filter((key) => !taken.includes(key))
}
