/** Draws the icons of the packages from src-renderer/icon.svg: node scripts/make-icons.mjs, under Node 24. The same drawing gives the same pictures. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { root } from './node-24.mjs'

const folder = join(root, 'resources', 'icons')
mkdirSync(folder, { recursive: true })

const png = (size) =>
  sharp(join(root, 'src-renderer', 'icon.svg'), { density: size * 3 })
    .resize(size, size)
    .png()
    .toBuffer()
const pictures = async (sizes) => Promise.all(sizes.map(async (size) => ({ size, bytes: await png(size) })))

for (const { size, bytes } of await pictures([16, 32, 48, 64, 128, 256, 512])) writeFileSync(join(folder, `${size}x${size}.png`), bytes)
writeFileSync(join(folder, 'icon.png'), await png(512))
writeFileSync(join(folder, 'icon.ico'), toIco(await pictures([16, 32, 48, 64, 128, 256])))
writeFileSync(join(folder, 'icon.icns'), toIcns(await pictures([128, 256, 512, 1024])))

/** Windows: a directory of PNG files; a size of 256 is written as 0. */
function toIco(images) {
  const head = Buffer.alloc(6 + 16 * images.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(images.length, 4)
  let offset = head.length
  for (const [index, { size, bytes }] of images.entries()) {
    const at = 6 + 16 * index
    head.writeUInt8(size % 256, at)
    head.writeUInt8(size % 256, at + 1)
    head.writeUInt16LE(1, at + 4)
    head.writeUInt16LE(32, at + 6)
    head.writeUInt32LE(bytes.length, at + 8)
    head.writeUInt32LE(offset, at + 12)
    offset += bytes.length
  }
  return Buffer.concat([head, ...images.map(({ bytes }) => bytes)])
}

/** macOS: chunks of a four-letter type, a length with its head, and a PNG file. */
function toIcns(images) {
  const types = { 128: 'ic07', 256: 'ic08', 512: 'ic09', 1024: 'ic10' }
  const chunks = images.map(({ size, bytes }) => chunk(types[size], bytes))
  return chunk('icns', Buffer.concat(chunks))
}

function chunk(type, content) {
  const head = Buffer.alloc(8)
  head.write(type, 'latin1')
  head.writeUInt32BE(8 + content.length, 4)
  return Buffer.concat([head, content])
}
