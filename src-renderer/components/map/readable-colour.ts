export type Rgb = readonly [red: number, green: number, blue: number]

/** Below this contrast with what lies behind a colour is moved towards the colour of text. */
const leastContrast = 1.7
const step = 0.08

/** The colour, moved towards that of text until it can be told from the surface behind it. */
export function toReadable(colour: Rgb, surface: Rgb, text: Rgb): Rgb {
  let readable = colour
  for (let share = step; contrastOf(readable, surface) < leastContrast && share < 1; share += step)
    readable = colour.map((value, channel) => Math.round(value + (text[channel]! - value) * share)) as unknown as Rgb
  return readable
}

/** Contrast of two colours, 1 to 21. @source WCAG 2.2, "contrast ratio" and "relative luminance". */
export function contrastOf(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

function luminanceOf(colour: Rgb): number {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
