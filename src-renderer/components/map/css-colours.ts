import type { Rgb } from './readable-colour.ts'

/** Turns CSS colours, also those by name of a token, into 0-255, as they are on the page now. */
export function createColourReader(): { read(colour: string): Rgb; close(): void } {
  const pen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const probe = document.createElement('i')
  probe.hidden = true
  document.body.append(probe)
  return {
    read(colour) {
      if (!pen) return [128, 128, 128]
      probe.style.color = colour
      pen.fillStyle = getComputedStyle(probe).color
      pen.fillRect(0, 0, 1, 1)
      const [red = 0, green = 0, blue = 0] = pen.getImageData(0, 0, 1, 1).data
      return [red, green, blue]
    },
    close: () => probe.remove(),
  }
}
