import { createRandom } from '#engine/ml/random.ts'

/** `[kinds * each, side, side, 3]` bytes of stripes that differ by kind in colour and direction, with noise; and the kinds. */
export function imagesOfKinds(kinds: number, each: number, side: number, seed: number): { pixels: Uint8Array; truth: Int32Array } {
  const random = createRandom(seed)
  const count = kinds * each
  const pixels = new Uint8Array(count * side * side * 3)
  const truth = Int32Array.from({ length: count }, (_, image) => image % kinds)
  let place = 0
  for (let image = 0; image < count; image++) {
    const kind = truth[image]
    const phase = random.uniform() * 2 * Math.PI
    const angle = (Math.PI * kind) / kinds
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const wave = Math.sin((x * Math.cos(angle) + y * Math.sin(angle)) * (2 + kind) * 0.35 + phase)
        for (let channel = 0; channel < 3; channel++) {
          const colour = channel === kind % 3 ? 170 : 80
          pixels[place++] = Math.max(0, Math.min(255, Math.round(colour + 60 * wave + 12 * random.normal())))
        }
      }
  }
  return { pixels, truth }
}
