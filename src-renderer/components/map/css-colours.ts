import type { Rgb } from './point-renderer.ts'

/** Turns CSS colours, also those by name of a token, into 0-255, as they are in this element now. */
export function createColourReader(element: HTMLElement): (colour: string) => Rgb {
  const pen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  return (colour) => {
    if (!pen) return [128, 128, 128]
    element.style.color = colour
    pen.fillStyle = getComputedStyle(element).color
    element.style.color = ''
    pen.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0] = pen.getImageData(0, 0, 1, 1).data
    return [red, green, blue]
  }
}
