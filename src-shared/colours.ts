/**
 * The colour of the n-th cluster or class, n from 1, as `#rrggbb`: hues a golden angle apart, so that neighbours in the list differ most,
 * with three lightnesses in turn.
 */
export function colourOf(number: number): string {
  const hue = (number * 137.508) % 360
  const lightness = [0.5, 0.4, 0.62][number % 3]
  const chroma = (1 - Math.abs(2 * lightness - 1)) * 0.65
  const channel = (offset: number) => {
    const position = (offset + hue / 30) % 12
    const value = lightness - (chroma / 2) * Math.max(-1, Math.min(position - 3, 9 - position, 1))
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${channel(0)}${channel(8)}${channel(4)}`
}
