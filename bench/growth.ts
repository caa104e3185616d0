import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { createRandom } from '#engine/ml/random.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'
import { isGiven, option } from './arguments.ts'
import { works } from './growth-works.ts'
import { treeMegabytes } from './process-memory.ts'
import { loadNow, pythonVersions, writeResults } from './result-table.ts'
import { serveRounds } from './rounds.ts'
import { startOwnSide } from './sides.ts'

// How time and memory grow: each work at N, 4 N and 16 N, a process for each measurement. Linux only, for the memory.
// Arguments: [--only neighbours,graph; none: the table from what is stored] [--divide 1: smaller numbers]; one measurement alone: --side WORK --count N --folder FOLDER.

type Measured = Readonly<{ seconds: number; megabytes: number }>

/** Of one work, with the load of the machine before it. */
type Grown = Readonly<{ counts: readonly number[]; seconds: readonly number[]; megabytes: readonly number[]; load: number }>

const storedPath = join(import.meta.dirname, 'results', 'growth.json')
const factors = [1, 4, 16]
const watchEveryMs = 50
/** With which each work is done once before, so that everything is loaded and compiled. */
const warmCount = 300

if (isGiven('side')) await serve(option('side', ''), Number(option('count', '0')), option('folder', ''))
else
  await compare(
    option('only', Object.keys(works).join())
      .split(',')
      .filter((name) => name !== 'none'),
  )

async function serve(name: string, count: number, folder: string): Promise<void> {
  const work = works[name]!
  if (name !== 'ingest') {
    await loadBackend('auto')
    // What learns from steps warms up by itself.
    if (!['moco', 'fixmatch'].includes(name)) await (await work.prepare(warmCount, folder))()
  }
  const measure = await work.prepare(count, folder)
  await serveRounds(async (): Promise<Measured> => {
    let peak = treeMegabytes(process.pid)
    const watch = setInterval(() => {
      peak = Math.max(peak, treeMegabytes(process.pid))
    }, watchEveryMs)
    const startedAt = performance.now()
    const own = await measure()
    const seconds = own ?? (performance.now() - startedAt) / 1000
    clearInterval(watch)
    return { seconds, megabytes: Math.max(peak, process.resourceUsage().maxRSS / 1024) }
  })
}

/** Each work is kept as soon as it is measured, so that others can be added another time. */
async function compare(names: readonly string[]): Promise<void> {
  const divisor = Number(option('divide', '1'))
  for (const name of names) {
    const counts = factors.map((factor) => Math.floor((works[name]!.count / divisor) * factor))
    const load = loadNow()
    const measured: Measured[] = []
    for (const count of counts) measured.push(await measureAlone(name, count))
    const grown: Grown = {
      counts,
      seconds: measured.map(({ seconds }) => seconds),
      megabytes: measured.map(({ megabytes }) => megabytes),
      load,
    }
    console.error(name, grown)
    if (divisor === 1) writeFileSync(storedPath, `${JSON.stringify({ ...readStored(), [name]: grown }, null, 2)}\n`)
  }
  writeTable(readStored())
}

function readStored(): Readonly<Record<string, Grown>> {
  return existsSync(storedPath) ? JSON.parse(readFileSync(storedPath, 'utf8')) : {}
}

function writeTable(stored: Readonly<Record<string, Grown>>): void {
  const rows = Object.entries(works).flatMap(([name, { title }]) => {
    const grown = stored[name]
    if (!grown) return []
    const { counts, seconds, megabytes, load } = grown
    const between = [0, 1].map((place) => exponentOf(counts.slice(place, place + 2), seconds.slice(place, place + 2)).toFixed(2))
    return [
      [
        title,
        counts.map((count) => count.toLocaleString('en')).join(', '),
        seconds.map((value) => value.toPrecision(3)).join(', '),
        `**${exponentOf(counts, seconds).toFixed(2)}**`,
        between.join(', '),
        megabytes.map((value) => value.toFixed(0)).join(', '),
        (((megabytes[2]! - megabytes[1]!) * 1024) / (counts[2]! - counts[1]!)).toFixed(1),
        load.toFixed(1),
      ],
    ]
  })
  writeResults({
    name: 'growth',
    title: 'How cost grows',
    notes: [
      'Each work at N, 4 N and 16 N, each measurement in a process of its own after the work was done once on few; time t = c N^e, e fitted by least squares to the logarithms of all three, and between one size and the next.',
      'Of training the time of the same number of steps is given, which is to be the same whatever the number of images: e near 0 says that an image costs the same.',
      'The 2-D layout makes 500 passes below 10,000 images and 200 from there on, the division 500 below 5,000 and 200 from there on, which is why their e is small where this changes; both look for exact neighbours, which grow with N².',
      'Load: the load average of the machine before the work; on two cores other programs had a part of it from 2 on, so the seconds are longer than on a free machine, and e is uncertain by some tenths.',
      'Memory: the largest resident memory of the process with all that it started, its input and TensorFlow (some 450 MB) included; KB an image from the last two sizes.',
    ],
    header: ['work', 'N', 'seconds', 'e', 'e between sizes', 'peak memory, MB', 'KB an image', 'load before'],
    rows,
    versions: pythonVersions([]),
  })
}

async function measureAlone(name: string, count: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'spicerack-growth-'))
  try {
    if (name === 'ingest') await writePhotographs(join(folder, 'images'), count)
    const side = await startOwnSide<Measured>(import.meta.url, ['--side', name, '--count', String(count), '--folder', folder])
    const measured = await side.round()
    await side.close()
    return measured
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Different JPEG files of 640 x 480: cut from one grainy picture at random places. */
async function writePhotographs(folder: string, count: number): Promise<void> {
  mkdirSync(folder)
  const [width, height] = [1600, 1200]
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const
  const small = await sharp({ create: { width: 160, height: 120, channels: 3, background: '#808080', noise } })
    .raw()
    .toBuffer()
  const raw = { width: 160, height: 120, channels: 3 as const }
  const picture = await sharp(small, { raw }).resize(width, height).raw().toBuffer()
  const random = createRandom(1)
  for (let start = 0; start < count; start += 100)
    await Promise.all(
      Array.from({ length: Math.min(100, count - start) }, (_, place) =>
        sharp(picture, { raw: { width, height, channels: 3 } })
          .extract({ left: random.integer(width - 640), top: random.integer(height - 480), width: 640, height: 480 })
          .jpeg({ quality: 85 })
          .toFile(join(folder, `${String(start + place).padStart(6, '0')}.jpg`)),
      ),
    )
}

/** Slope of the line through the logarithms. */
function exponentOf(counts: readonly number[], values: readonly number[]): number {
  const [x, y] = [counts.map(Math.log), values.map(Math.log)]
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length
  const [middleX, middleY] = [mean(x), mean(y)]
  const covariance = x.reduce((sum, value, place) => sum + (value - middleX) * (y[place]! - middleY), 0)
  return covariance / x.reduce((sum, value) => sum + (value - middleX) ** 2, 0)
}
