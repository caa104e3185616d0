import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { createImagePool } from '#engine/images/image-pool.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { loadNow, median, pythonVersions, ratios, spread, writeResults } from './result-table.ts'
import { serveRounds } from './rounds.ts'
import { alternate, startOwnSide, startPeer } from './sides.ts'

// The whole reading of photographs: hash, decode, thumbnail, square, perceptual hash; against Pillow and pyvips in two processes.
// Arguments: [ARCHIVE of photographs, .tar.xz] [--count 2000] [--width 4000] [--rounds 3]; one side alone: --side FOLDER.

const option = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]
}

const squareSide = 96
const workerCount = 2
/** Of the longer side; the other is three quarters of it. */
const widthPx = Number(option('width', '4000'))
const heightPx = (widthPx * 3) / 4
const defaultArchive = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'shared', 'data', 'photos-debian.tar.xz')

type RoundResult = Readonly<{ imagesPerSecond: number; failed: number }>

const files = (folder: string): string[] =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))

if (process.argv.includes('--side')) await serve(option('side', ''))
else {
  const given = process.argv[2]
  await compare(given && !given.startsWith('--') ? resolve(given) : defaultArchive)
}

/** Our side: the image pool of the product with two processes. */
async function serve(folder: string): Promise<void> {
  const pool = createImagePool({ workerCount })
  const paths = files(folder).map((path) => ({ path }))
  await serveRounds(async (): Promise<RoundResult> => {
    let failed = 0
    const startedAt = performance.now()
    await pool.decodeAll(
      paths,
      { size: squareSide, fit: 'cover' },
      {
        onResult(_, result) {
          if (result.kind !== 'image') failed++
        },
      },
    )
    return { imagesPerSecond: paths.length / ((performance.now() - startedAt) / 1000), failed }
  })
  await pool.close()
}

async function compare(archive: string): Promise<void> {
  if (!existsSync(archive)) throw new Error(`There is no archive ${archive}. Give one: node scripts/bench.mjs ingest ARCHIVE.tar.xz`)
  const count = Number(option('count', '2000'))
  const roundCount = Number(option('rounds', '3'))
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-ingest-'))
  try {
    const megabytes = await makePhotographs(archive, folder, count)
    const photographs = join(folder, 'photographs')
    const loadBefore = loadNow()
    const peer = ['--folder', photographs, '--side', String(squareSide), '--processes', String(workerCount)]
    const sides = [
      await startOwnSide<RoundResult>(import.meta.url, ['--side', photographs]),
      await startPeer<RoundResult>('ingest', [...peer, '--draft', '0']),
      await startPeer<RoundResult>('ingest', [...peer, '--draft', '1']),
      await startPeer<RoundResult>('ingest-vips', peer),
    ]
    const results = await alternate(sides, roundCount, (round) =>
      console.error(round.map(({ imagesPerSecond }) => imagesPerSecond.toFixed(1)).join(' / '), 'images/s'),
    )
    for (const each of sides) await each.close()
    const failed = results.flat().reduce((sum, result) => sum + result.failed, 0)
    if (failed > 0) throw new Error(`${failed} photographs could not be read.`)
    const [own, plain, draft, vips] = results.map((of) => of.map(({ imagesPerSecond }) => imagesPerSecond))
    const row = (name: string, values: readonly number[]): string[] => {
      const ratio = ratios(own, values)
      return [
        name,
        spread(values, 1),
        values === own ? '' : `**${median(ratio).toFixed(2)}** (${Math.min(...ratio).toFixed(2)}-${Math.max(...ratio).toFixed(2)})`,
      ]
    }
    writeResults({
      name: 'ingest',
      title: 'Reading photographs',
      notes: [
        `${count} JPEG photographs of ${((widthPx * heightPx) / 1e6).toFixed(0)} megapixels (${megabytes} MB), made by enlarging, cropping and graining the sample photographs.`,
        `Of each: SHA-256, decode, WebP thumbnail (256 px, quality 80, effort 2), ${squareSide} px square (cover), difference hash. Ours: \`createImagePool().decodeAll\`, ${workerCount} processes. Peers: Pillow, ${workerCount} processes, Lanczos as sharp uses; once decoding in full, once with JPEG's reduced decoding (draft), which sharp uses too; pyvips, ${workerCount} processes. Goal: 2 times Pillow with draft, 1 times pyvips.`,
        `${roundCount} alternating rounds, files in the page cache; median (least-most).`,
      ],
      header: ['', 'images/s', 'Spicerack / this'],
      rows: [row('Spicerack', own), row('Pillow', plain), row('Pillow with draft', draft), row('pyvips', vips)],
      loadBefore,
      versions: pythonVersions(['pillow', 'pyvips']),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes `count` JPEG files; returns their size in megabytes. */
async function makePhotographs(archive: string, folder: string, count: number): Promise<string> {
  const { status, stderr } = spawnSync('tar', ['-xJf', archive, '-C', folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${archive} cannot be unpacked: ${stderr}`)
  const photographs = join(folder, 'photographs')
  mkdirSync(photographs)
  const originals = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(png|jpe?g|webp)$/i.test(name))
    .sort()
    .map((name) => join(folder, name))
  const [wideGrains, tallGrains] = [await makeGrains(widthPx, heightPx), await makeGrains(heightPx, widthPx)]
  const make = async (index: number): Promise<void> => {
    const random = createRandom(deriveSeed(1, 'photograph', index))
    const [width, height] = random.uniform() < 0.7 ? [widthPx, heightPx] : [heightPx, widthPx]
    const noise = width > height ? wideGrains[index % wideGrains.length] : tallGrains[index % tallGrains.length]
    await sharp(originals[index % originals.length])
      .flatten({ background: '#ffffff' })
      .resize(Math.round(width * (1.05 + 0.3 * random.uniform())), Math.round(height * (1.05 + 0.3 * random.uniform())), { fit: 'cover' })
      .extract({ left: random.integer(Math.floor(width * 0.05)), top: random.integer(Math.floor(height * 0.05)), width, height })
      .composite([{ input: noise, raw: { width, height, channels: 3 }, blend: 'soft-light' }])
      .jpeg({ quality: 85 })
      .toFile(join(photographs, `${String(index).padStart(5, '0')}.jpg`))
  }
  for (let index = 0; index < count; index += workerCount)
    await Promise.all(Array.from({ length: Math.min(workerCount, count - index) }, (_, offset) => make(index + offset)))
  return (files(photographs).reduce((sum, path) => sum + statSync(path).size, 0) / 1e6).toFixed(0)
}

/** Two pictures of noise around grey, as raw RGB. */
function makeGrains(width: number, height: number): Promise<Buffer[]> {
  const noise = { type: 'gaussian', mean: 128, sigma: 6 } as const
  const grain = { create: { width, height, channels: 3 as const, background: '#808080', noise } }
  return Promise.all(Array.from({ length: 2 }, () => sharp(grain).raw().toBuffer()))
}
