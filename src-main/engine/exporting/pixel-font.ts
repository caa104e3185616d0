// Five columns a glyph, one byte each, lowest bit on top; seven pixels high.
const glyphs: Readonly<Record<string, string>> = {
  '0': '3e5149453e',
  '1': '00427f4000',
  '2': '4261514946',
  '3': '2141454b31',
  '4': '1814127f10',
  '5': '2745454539',
  '6': '3c4a494930',
  '7': '0171090503',
  '8': '3649494936',
  '9': '064949291e',
  A: '7e1111117e',
  B: '7f49494936',
  C: '3e41414122',
  D: '7f4141221c',
  E: '7f49494941',
  F: '7f09090901',
  G: '3e4149497a',
  H: '7f0808087f',
  I: '00417f4100',
  J: '2040413f01',
  K: '7f08142241',
  L: '7f40404040',
  M: '7f020c027f',
  N: '7f0408107f',
  O: '3e4141413e',
  P: '7f09090906',
  Q: '3e4151215e',
  R: '7f09192946',
  S: '4649494931',
  T: '01017f0101',
  U: '3f4040403f',
  V: '1f2040201f',
  W: '3f4038403f',
  X: '6314081463',
  Y: '0708700807',
  Z: '6151494543',
  ' ': '0000000000',
  '-': '0808080808',
  '.': '0060600000',
  ',': '0050300000',
  '/': '2010080402',
  '(': '001c224100',
  ')': '0041221c00',
  '%': '2313086462',
  ':': '0036360000',
  _: '4040404040',
  '?': '0201510906',
  '·': '0000080000',
}

/**
 * The text as an SVG path of square pixels, for machines without any font. Capitals, digits and a few
 * signs; anything else is a question mark. `x`, `baseline` and `heightPx` (of a capital) in pixels.
 */
export function toPixelText(text: string, x: number, baseline: number, heightPx: number): string {
  const pixel = heightPx / 7
  const squares: string[] = []
  ;[
    ...text
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .toUpperCase(),
  ].forEach((character, index) => {
    const columns = Buffer.from(glyphs[character] ?? (glyphs['?'] as string), 'hex')
    columns.forEach((column, columnIndex) => {
      for (let row = 0; row < 7; row++)
        if ((column >> row) & 1)
          squares.push(
            `M${round(x + (index * 6 + columnIndex) * pixel)} ${round(baseline - (7 - row) * pixel)}h${round(pixel)}v${round(pixel)}h-${round(pixel)}z`,
          )
    })
  })
  return squares.join('')
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
