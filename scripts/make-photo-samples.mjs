/**
 * Makes resources/samples/photos from the Debian package of GCompris' pictures.
 *
 *     node scripts/make-photo-samples.mjs gcompris-qt-data_3.1-2_all.deb
 *
 * resources/samples/CREDITS.photos.csv says which pictures, and the number that each gets: they are in the order of the SHA-256 of
 * their first names, so that neither name nor order tells the class. Needs dpkg-deb; the same package gives the same bytes.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import Papa from 'papaparse'
import sharp from 'sharp'
import { root } from './node-24.mjs'

const longestSide = 256
const quality = 85
const samples = join(root, 'resources', 'samples')
const isFolder = 2
const isCompressed = 1

/** Files of a Qt resource collection (format 1 to 3) as `[path, bytes]`. Numbers are big-endian. */
function* readCollection(bytes) {
  const [version, tree, data, names] = [4, 8, 12, 16].map((offset) => bytes.readUInt32BE(offset))
  if (bytes.toString('latin1', 0, 4) !== 'qres') throw new Error('This is no Qt resource collection.')
  const entryBytes = version === 1 ? 14 : 22
  function* visit(index, parent) {
    const entry = tree + index * entryBytes
    const name = names + bytes.readUInt32BE(entry)
    const characters = bytes.subarray(name + 6, name + 6 + 2 * bytes.readUInt16BE(name))
    const path = `${parent}/${Buffer.from(characters).swap16().toString('utf16le')}`
    const flags = bytes.readUInt16BE(entry + 4)
    if (flags & isFolder) {
      const [count, first] = [bytes.readUInt32BE(entry + 6), bytes.readUInt32BE(entry + 10)]
      for (let child = first; child < first + count; child++) yield* visit(child, path)
      return
    }
    const start = data + bytes.readUInt32BE(entry + 10)
    const content = bytes.subarray(start + 4, start + 4 + bytes.readUInt32BE(start))
    // A compressed file has its length before it.
    yield [path, flags & isCompressed ? inflateSync(content.subarray(4)) : content]
  }
  yield* visit(0, '')
}

function readPictures(packagePath) {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-photos-'))
  try {
    execFileSync('dpkg-deb', ['-x', packagePath, folder])
    const collections = join(folder, 'usr/share/gcompris-qt/rcc')
    const pictures = new Map()
    for (const name of readdirSync(collections).filter((name) => name.endsWith('.rcc')))
      for (const [path, bytes] of readCollection(readFileSync(join(collections, name))))
        pictures.set(path.replace(/^.*?(?=src\/)/, ''), bytes)
    return pictures
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [packagePath] = process.argv.slice(2)
if (packagePath === undefined) {
  console.error('Name the package: node scripts/make-photo-samples.mjs gcompris-qt-data_3.1-2_all.deb')
  process.exit(2)
}
const { data: credits } = Papa.parse(readFileSync(join(samples, 'CREDITS.photos.csv'), 'utf8'), { header: true, skipEmptyLines: true })
const hash = ({ original }) => createHash('sha256').update(original).digest('hex')
const inOrder = [...credits].sort((one, other) => (hash(one) < hash(other) ? -1 : 1))
const pictures = readPictures(packagePath)
const folder = join(samples, 'photos')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const [number, { path, original }] of inOrder.entries()) {
  if (path !== `${String(number).padStart(3, '0')}.jpg`) throw new Error(`${path} is not number ${number} in the order of hashes.`)
  await sharp(pictures.get(original))
    .flatten({ background: 'white' })
    .resize(longestSide, longestSide, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality })
    .toFile(join(folder, path))
}
console.log(`${credits.length} photographs in ${folder}`)
