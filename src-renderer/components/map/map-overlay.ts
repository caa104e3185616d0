import { type Tokens, toCss } from './map-palette.ts'

/** A picture on the map: where its point is, in px, and its frame. */
export type ShownPicture = Readonly<{ x: number; y: number; picture: HTMLImageElement | undefined; frame: string; isSelected: boolean }>

/** What lies over the points: pictures, the image that keys act on, the line that is being drawn. Sizes in px of the page. */
export function drawOverlay(
  pen: CanvasRenderingContext2D,
  pixelRatio: number,
  what: Readonly<{
    pictures: readonly ShownPicture[]
    sidePx: number
    ring: Readonly<{ x: number; y: number; radiusPx: number }> | undefined
    line: readonly number[] | undefined
  }>,
  style: Tokens,
): void {
  pen.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0)
  pen.clearRect(0, 0, pen.canvas.width / pixelRatio, pen.canvas.height / pixelRatio)
  for (const shown of what.pictures) drawPicture(pen, shown, what.sidePx, style)
  if (what.ring) drawRing(pen, what.ring, style)
  if (what.line) drawLine(pen, what.line, style)
}

function drawPicture(pen: CanvasRenderingContext2D, shown: ShownPicture, sidePx: number, { accent, surface }: Tokens): void {
  const { picture, frame, isSelected } = shown
  if (!picture) return
  const x = Math.round(shown.x - sidePx / 2)
  const y = Math.round(shown.y - sidePx / 2)
  const framePx = isSelected ? 3 : 2
  pen.fillStyle = toCss(surface, 1)
  pen.fillRect(x - framePx - 1, y - framePx - 1, sidePx + 2 * framePx + 2, sidePx + 2 * framePx + 2)
  pen.fillStyle = isSelected ? toCss(accent, 1) : frame
  pen.fillRect(x - framePx, y - framePx, sidePx + 2 * framePx, sidePx + 2 * framePx)
  // The middle square of the picture.
  const side = Math.min(picture.naturalWidth, picture.naturalHeight)
  pen.drawImage(picture, (picture.naturalWidth - side) / 2, (picture.naturalHeight - side) / 2, side, side, x, y, sidePx, sidePx)
}

function drawRing(
  pen: CanvasRenderingContext2D,
  { x, y, radiusPx }: Readonly<{ x: number; y: number; radiusPx: number }>,
  { text, surface }: Tokens,
): void {
  for (const [colour, widthPx] of [
    [toCss(surface, 1), 5],
    [toCss(text, 1), 2],
  ] as const) {
    pen.beginPath()
    pen.arc(x, y, radiusPx, 0, 2 * Math.PI)
    pen.strokeStyle = colour
    pen.lineWidth = widthPx
    pen.stroke()
  }
}

function drawLine(pen: CanvasRenderingContext2D, line: readonly number[], { accent, text }: Tokens): void {
  pen.beginPath()
  for (let place = 0; place < line.length; place += 2) pen.lineTo(line[place], line[place + 1])
  pen.closePath()
  pen.fillStyle = toCss(accent, 0.14)
  pen.fill('nonzero')
  pen.strokeStyle = toCss(text, 0.9)
  pen.lineWidth = 1.5
  pen.setLineDash([5, 4])
  pen.stroke()
  pen.setLineDash([])
}
