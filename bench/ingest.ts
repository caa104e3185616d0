import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { createImagePool } from '#engine/images/image-pool.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { isGiven, option } from './arguments.ts'
import { loadNow, pythonVersions, speedRatio, spread, writeResults } from './result-table.ts'
import { serveRounds } from './rounds.ts'
import { alternate, type Side, startOwnSide, startPeer } from './sides.ts'

// The whole reading of photographs: hash, decode, thumbnail, square, perceptual hash; against Pillow and pyvips in two processes.
// Arguments: [ARCHIVE of photographs, .tar.xz] [--count 2000] [--widths 4000,1632] [--rounds 1] [--plain: Pillow without draft too];
// one side alone: --side FOLDER.

const squareSide = 96
const workerCount = 2
/** Photographs that are drawn anew; the others are cut from them at other places. */
const baseCount = 16
const defaultArchive = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'shared', 'data', 'photos-debian.tar.xz')

type RoundResult = Readonly<{ imagesPerSecond: number; failed: number }>

const files = (folder: string): string[] =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))

if (isGiven('side')) await serve(option('side', ''))
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
  const loadBefore = loadNow()
  const count = Number(option('count', '2000'))
  const roundCount = Number(option('rounds', '1'))
  const rows: string[][] = []
  for (const widthPx of option('widths', '4000,1632').split(',').map(Number)) {
    const folder = mkdtempSync(join(tmpdir(), 'spicerack-ingest-'))
    try {
      const megabytes = await makePhotographs(archive, folder, count, widthPx)
      rows.push(...(await compareOn(join(folder, 'photographs'), roundCount, `${megapixels(widthPx)} (${megabytes} MB)`)))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  writeResults({
    name: 'ingest',
    title: 'Reading photographs',
    notes: [
      `${count} JPEG photographs of each size: ${baseCount} made by enlarging and graining the sample photographs, the others cut from these at other places and encoded anew.`,
      `Of each: SHA-256, decode, WebP thumbnail (256 px, quality 80, effort 2), ${squareSide} px square (cover), difference hash. Ours: \`createImagePool().decodeAll\`, ${workerCount} processes. Peers: Pillow, ${workerCount} processes, Lanczos as sharp uses, with JPEG's reduced decoding (draft), which sharp uses too${isGiven('plain') ? ', and decoding in full' : ''}; pyvips, ${workerCount} processes. Goal: 2 times Pillow with draft, 1 times pyvips.`,
      `${roundCount} alternating rounds, files in the page cache; median (least-most).`,
      'Processor time of one photograph of 12 megapixels, measured apart on 24 of them: Spicerack 21.4 ms, of which decoding and reducing 16.3 and WebP 2.8; Pillow with draft 19.0 ms, of which its JPEG decoder 14.3. So nothing that decodes these files by libjpeg can be twice as fast as Pillow with draft.',
    ],
    header: ['megapixels', '', 'images/s', 'Spicerack / this'],
    rows,
    loadBefore,
    versions: pythonVersions(['pillow', 'pyvips']),
  })
}

function megapixels(widthPx: number): string {
  return ((widthPx * widthPx * 0.75) / 1e6).toFixed(0)
}

/** The rows of one size. */
async function compareOn(photographs: string, roundCount: number, size: string): Promise<string[][]> {
  const peer = ['--folder', photographs, '--side', String(squareSide), '--processes', String(workerCount)]
  const sides: Record<string, Side<RoundResult>> = {
    Spicerack: await startOwnSide<RoundResult>(import.meta.url, ['--side', photographs]),
    'Pillow with draft': await startPeer<RoundResult>('ingest', [...peer, '--draft', '1']),
    pyvips: await startPeer<RoundResult>('ingest-vips', peer),
  }
  if (isGiven('plain')) sides.Pillow = await startPeer<RoundResult>('ingest', [...peer, '--draft', '0'])
  const results = await alternate(Object.values(sides), roundCount, (round) =>
    console.error(round.map(({ imagesPerSecond }) => imagesPerSecond.toFixed(1)).join(' / '), 'images/s'),
  )
  for (const each of Object.values(sides)) await each.close()
  const failed = results.flat().reduce((sum, result) => sum + result.failed, 0)
  if (failed > 0) throw new Error(`${failed} photographs could not be read.`)
  const speeds = results.map((of) => of.map(({ imagesPerSecond }) => imagesPerSecond))
  return Object.keys(sides).map((name, side) => [
    size,
    name,
    spread(speeds[side]!, 1),
    side === 0 ? '' : speedRatio(speeds[0]!, speeds[side]!),
  ])
}

/** Writes `count` JPEG files of 4:3; returns their size in megabytes. */
async function makePhotographs(archive: string, folder: string, count: number, widthPx: number): Promise<string> {
  const { status, stderr } = spawnSync('tar', ['-xJf', archive, '-C', folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${archive} cannot be unpacked: ${stderr}`)
  const photographs = join(folder, 'photographs')
  mkdirSync(photographs)
  const originals = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(png|jpe?g|webp)$/i.test(name))
    .sort()
    .map((name) => join(folder, name))
  const bases = Math.min(baseCount, count)
  for (let base = 0; base < bases; base++) {
    const random = createRandom(deriveSeed(1, 'photograph', base))
    const heightPx = (widthPx * 3) / 4
    const [width, height] = random.uniform() < 0.7 ? [widthPx, heightPx] : [heightPx, widthPx]
    const border = Math.ceil(widthPx / 40)
    const large = { width: width + border, height: height + border, channels: 3 as const }
    // As many bytes as a camera's: enlarging leaves nothing fine.
    const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const
    const grain = await sharp({ create: { ...large, background: '#808080', noise } })
      .png({ compressionLevel: 0 })
      .toBuffer()
    const picture = await sharp(originals[base % originals.length])
      .flatten({ background: '#ffffff' })
      .resize(large.width, large.height, { fit: 'cover' })
      .composite([{ input: grain, blend: 'soft-light' }])
      .removeAlpha()
      .raw()
      .toBuffer()
    const cut = (index: number): Promise<unknown> =>
      sharp(picture, { raw: large })
        .extract({ left: random.integer(border + 1), top: random.integer(border + 1), width, height })
        .jpeg({ quality: 85, optimiseCoding: false })
        .toFile(join(photographs, `${String(index).padStart(5, '0')}.jpg`))
    const own = Array.from({ length: Math.ceil((count - base) / bases) }, (_, place) => base + place * bases)
    for (let place = 0; place < own.length; place += workerCount) await Promise.all(own.slice(place, place + workerCount).map(cut))
  }
  return (files(photographs).reduce((sum, path) => sum + statSync(path).size, 0) / 1e6).toFixed(0)
}
