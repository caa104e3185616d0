import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type OverlayOptions } from 'sharp'
import { toPixelText } from './pixel-font.ts'

/** One cluster as the sheet shows it. */
export type ContactSheetCluster = Readonly<{
  name: string
  count: number
  reliableCount: number
  /** Encoded images (any format sharp reads), most typical first. */
  thumbnails: readonly Uint8Array[]
}>

export type ContactSheetOptions = Readonly<{ title: string; imagesPerCluster: number }>

const margin = 40
const headerPx = 92
const captionPx = 236
const cellPx = 96
const gapPx = 6
const rowPx = cellPx + 24
const barPx = 176
const maxNameLength = 16
const ink = '#1c1b19'
const muted = '#6b6862'
const accent = '#b4552d'
const track = '#e7e3dc'
const paper = '#fbfaf8'

/**
 * Writes `contact-sheet.jpg`, a picture of all clusters, and `contact-sheet.html`, the same as a page that
 * needs no other file and shows names in every script. One row a cluster: name, count, reliable share,
 * most typical images. Existing sheets in the folder are replaced.
 */
export async function writeContactSheet(
  folder: string,
  clusters: readonly ContactSheetCluster[],
  options: ContactSheetOptions,
): Promise<{ imagePath: string; pagePath: string }> {
  const cells = await Promise.all(
    clusters.map(({ thumbnails }) => Promise.all(thumbnails.slice(0, options.imagesPerCluster).map((bytes) => toCell(bytes)))),
  )
  const image = await toPicture(clusters, cells, options)
  return {
    imagePath: await replaceFile(join(folder, 'contact-sheet.jpg'), image),
    pagePath: await replaceFile(join(folder, 'contact-sheet.html'), toPage(clusters, cells, options)),
  }
}

async function toCell(bytes: Uint8Array): Promise<Buffer> {
  return sharp(bytes)
    .flatten({ background: '#ffffff' })
    .resize(cellPx, cellPx, { fit: 'cover', kernel: 'cubic' })
    .toColourspace('srgb')
    .png()
    .toBuffer()
}

async function toPicture(
  clusters: readonly ContactSheetCluster[],
  cells: readonly (readonly Buffer[])[],
  { title, imagesPerCluster }: ContactSheetOptions,
): Promise<Buffer> {
  const drawText = (await hasFonts()) ? toSvgText : toPixelSvgText
  const width = margin * 2 + captionPx + imagesPerCluster * (cellPx + gapPx) - gapPx
  const height = headerPx + clusters.length * rowPx + margin - 24
  const captions = clusters.map((cluster, index) => {
    const top = headerPx + index * rowPx
    return [
      index === 0 ? '' : `<rect x="${margin}" y="${top - 12.5}" width="${width - margin * 2}" height="1" fill="${track}"/>`,
      drawText(shorten(cluster.name), margin, top + 26, 20, ink, true),
      drawText(toCount(cluster.count, 'image'), margin, top + 50, 14, muted, false),
      `<rect x="${margin}" y="${top + 62}" width="${barPx}" height="5" rx="2.5" fill="${track}"/>`,
      `<rect x="${margin}" y="${top + 62}" width="${Math.round(barPx * toShare(cluster))}" height="5" rx="2.5" fill="${accent}"/>`,
      drawText(toReliable(cluster), margin, top + 88, 14, accent, false),
    ].join('')
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${paper}"/>${drawText(title, margin, 44, 26, ink, true)}${drawText(toSummary(clusters), margin, 68, 14, muted, false)}${captions.join('')}</svg>`
  const overlays = cells.flatMap((row, rowIndex) =>
    row.map(
      (input, column): OverlayOptions => ({
        input,
        left: margin + captionPx + column * (cellPx + gapPx),
        top: headerPx + rowIndex * rowPx,
      }),
    ),
  )
  return sharp(Buffer.from(svg))
    .composite(overlays)
    .flatten({ background: paper })
    .jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
    .toBuffer()
}

type DrawText = (text: string, x: number, baseline: number, sizePx: number, fill: string, bold: boolean) => string

const toSvgText: DrawText = (text, x, baseline, sizePx, fill, bold) =>
  `<text x="${x}" y="${baseline}" font-family="Inter, 'Segoe UI', 'Helvetica Neue', 'Noto Sans', 'Noto Sans CJK SC', 'DejaVu Sans', sans-serif" font-size="${sizePx}" fill="${fill}"${bold ? ' font-weight="600"' : ''}>${escapeMarkup(text)}</text>`

const toPixelSvgText: DrawText = (text, x, baseline, sizePx, fill) =>
  `<path d="${toPixelText(text, x, baseline, sizePx * 0.62)}" fill="${fill}"/>`

/** A machine without fonts draws nothing, or the same box for every character. */
async function hasFonts(): Promise<boolean> {
  const draw = (text: string): Promise<Buffer> =>
    sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32">${toSvgText(text, 4, 26, 24, '#000', false)}</svg>`))
      .raw()
      .toBuffer()
  const [one, eight] = await Promise.all([draw('1'), draw('8')])
  return one.some((value) => value !== 0) && !one.equals(eight)
}

function toPage(clusters: readonly ContactSheetCluster[], cells: readonly (readonly Buffer[])[], { title }: ContactSheetOptions): Buffer {
  const sections = clusters.map((cluster, index) => {
    const images = (cells[index] ?? []).map((cell) => `<img alt="" src="data:image/png;base64,${cell.toString('base64')}">`)
    return `<section><header><h2>${escapeMarkup(cluster.name)}</h2><p>${toCount(cluster.count, 'image')}</p><meter value="${toShare(cluster)}"></meter><p class="reliable">${toReliable(cluster)}</p></header><div>${images.join('')}</div></section>`
  })
  return Buffer.from(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeMarkup(title)}</title><style>
body{margin:0 auto;padding:40px;max-width:1460px;background:${paper};color:${ink};font:14px/1.5 system-ui,sans-serif}
h1{margin:0;font-size:26px}h2{margin:0;font-size:20px;line-height:1.3;overflow-wrap:anywhere}p{margin:0;color:${muted}}
section{display:flex;gap:24px;padding:12px 0;border-top:1px solid ${track}}section:first-of-type{border:0;margin-top:16px}
section header{flex:0 0 ${captionPx - 24}px}section div{display:flex;flex-wrap:wrap;gap:${gapPx}px}img{width:${cellPx}px;height:${cellPx}px}
meter{width:${barPx}px;height:12px}.reliable{color:${accent}}
</style></head><body><h1>${escapeMarkup(title)}</h1><p>${toSummary(clusters)}</p>
${sections.join('\n')}
</body></html>
`)
}

function toSummary(clusters: readonly ContactSheetCluster[]): string {
  const sum = (pick: (cluster: ContactSheetCluster) => number): number => clusters.reduce((total, cluster) => total + pick(cluster), 0)
  const reliable = sum((cluster) => cluster.reliableCount)
  return `${toCount(clusters.length, 'cluster')} · ${toCount(
    sum((cluster) => cluster.count),
    'image',
  )} · ${reliable.toLocaleString('en')} reliable · most typical images first`
}

function toCount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

function toShare({ count, reliableCount }: ContactSheetCluster): number {
  return count === 0 ? 0 : Math.min(1, reliableCount / count)
}

function toReliable(cluster: ContactSheetCluster): string {
  return `${cluster.reliableCount.toLocaleString('en')} reliable (${Math.round(toShare(cluster) * 100)}%)`
}

function shorten(name: string): string {
  const characters = [...new Intl.Segmenter().segment(name.replace(/\s+/gu, ' '))].map(({ segment }) => segment)
  return characters.length <= maxNameLength ? characters.join('') : `${characters.slice(0, maxNameLength - 1).join('')}…`
}

function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`)
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<string> {
  const temporary = `${path}.${process.pid}.partial`
  try {
    await writeFile(temporary, bytes)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  return path
}
