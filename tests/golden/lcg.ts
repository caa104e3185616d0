/** Numbers that Python and TypeScript make alike (tests/golden/lcg.py), so that no inputs need to be stored. */
export function createLcg(seed: number): {
  uniform(): number
  blobs(count: number, dimension: number, clusters: number, spread: number): Float32Array
} {
  let state = seed
  const uniform = (): number => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return {
    uniform,
    blobs(count, dimension, clusters, spread) {
      const centres = Float64Array.from({ length: clusters * dimension }, () => uniform() - 0.5)
      return Float32Array.from(
        { length: count * dimension },
        (_, place) => centres[(Math.floor(place / dimension) % clusters) * dimension + (place % dimension)] + spread * (uniform() - 0.5),
      )
    },
  }
}
