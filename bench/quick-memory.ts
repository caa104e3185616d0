import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import sharp from 'sharp'
import { imagesOfKinds } from '../tests/training/images-of-kinds.ts'
import { option } from './arguments.ts'
import { treeMegabytes } from './process-memory.ts'
import { loadNow, pythonVersions, writeResults } from './result-table.ts'

// Memory of the whole recipe `quick`, from a folder to a dataset, by number of images, with what 100,000 would take.
// Arguments: [--counts 1000,4000,16000; none: the table from what is stored] [--side 96] [--encoder-side PX: smaller for a shorter run].
// What was measured under the same conditions before stays in the table. Linux only.

const counts = option('counts', '1000,4000,16000')
  .split(',')
  .filter((count) => count !== 'none')
  .map(Number)
const sidePx = Number(option('side', '96'))
/** Empty: as the recipe chooses it. */
const encoderSidePx = option('encoder-side', '')
const kindCount = 10
const wantedCount = 100_000
const watchEveryMs = 50

const storedPath = join(import.meta.dirname, 'results', 'quick-memory.json')

/** What the command said it was doing, and the largest memory of its processes meanwhile, in megabytes. */
type Peaks = Readonly<Record<string, number>>
type Measured = Readonly<{ count: number; seconds: number; load: number; peaks: Peaks }>
/** What was measured under the same conditions. */
type Series = Readonly<{ sidePx: number; encoderSidePx: string; measured: readonly Measured[] }>

const folder = mkdtempSync(join(tmpdir(), 'spicerack-quick-memory-'))
try {
  for (const count of counts) {
    const images = join(folder, `images-${count}`)
    await writeImages(images, count)
    // After each, so that a run that is cut off leaves what it has.
    store(await runQuick(images, join(folder, `out-${count}`), count))
    rmSync(images, { recursive: true, force: true })
    rmSync(join(folder, `out-${count}`), { recursive: true, force: true })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
writeTable()

function readStored(): readonly Series[] {
  return existsSync(storedPath) ? (JSON.parse(readFileSync(storedPath, 'utf8')) as readonly Series[]) : []
}

function isSame(series: Series): boolean {
  return series.sidePx === sidePx && series.encoderSidePx === encoderSidePx
}

function store(newest: Measured): void {
  const stored = readStored()
  const before = stored.find(isSame)?.measured.filter(({ count }) => count !== newest.count) ?? []
  const measured = [...before, newest].sort((a, b) => a.count - b.count)
  const all = [...stored.filter((series) => !isSame(series)), { sidePx, encoderSidePx, measured }]
  writeFileSync(storedPath, `${JSON.stringify(all, null, 2)}\n`)
}

async function writeImages(into: string, count: number): Promise<void> {
  mkdirSync(into)
  const rowBytes = sidePx * sidePx * 3
  const raw = { width: sidePx, height: sidePx, channels: 3 as const }
  for (let start = 0; start < count; start += 500) {
    const { pixels } = imagesOfKinds(kindCount, Math.ceil(Math.min(500, count - start) / kindCount), sidePx, start + 1)
    const wanted = Math.min(500, count - start)
    await Promise.all(
      Array.from({ length: wanted }, (_, index) =>
        sharp(pixels.subarray(index * rowBytes, (index + 1) * rowBytes), { raw })
          .jpeg({ quality: 90 })
          .toFile(join(into, `${String(start + index).padStart(6, '0')}.jpg`)),
      ),
    )
  }
}

/** The command that a user would type, in a process of its own with the processes that it starts. */
async function runQuick(images: string, out: string, count: number): Promise<Measured> {
  const program = join(import.meta.dirname, '..', 'scripts', 'spicerack.mjs')
  const args = [program, '--json', 'cluster', images, '--out', out, '--recipe', 'quick', '--clusters', String(kindCount)]
  if (encoderSidePx !== '') args.push('--set', `embed.inputSidePx=${encoderSidePx}`)
  const load = loadNow()
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const peaks: Record<string, number> = {}
  let task = 'Starting'
  const watch = setInterval(() => {
    peaks[task] = Math.max(peaks[task] ?? 0, Math.round(treeMegabytes(child.pid!)))
  }, watchEveryMs)
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout! })) {
    const said = JSON.parse(line) as { type: string; task?: string }
    if (said.type === 'error') console.error(line)
    if (said.type === 'progress') task = said.task!
  }
  clearInterval(watch)
  const [exitCode] = await ended
  if (exitCode !== 0) throw new Error(`The command ended with ${exitCode}.`)
  const seconds = (performance.now() - startedAt) / 1000
  console.error(
    `${count} images: ${seconds.toFixed(0)} s; ${Object.entries(peaks)
      .map(([name, peak]) => `${name} ${peak} MB`)
      .join(', ')}`,
  )
  return { count, seconds: Math.round(seconds), load, peaks }
}

function largestOf({ peaks }: Measured): number {
  return Math.max(...Object.values(peaks))
}

/** The straight line that lies nearest to the peaks of a task: what it takes without any image, and for each, in megabytes. */
type Line = Readonly<{ fixed: number; perImage: number }>

function lineOf(measured: readonly Measured[], task: string): Line {
  const mean = (of: (each: Measured) => number): number => measured.reduce((sum, each) => sum + of(each), 0) / measured.length
  const [middleCount, middle] = [mean(({ count }) => count), mean(({ peaks }) => peaks[task]!)]
  const covariance = mean(({ count, peaks }) => (count - middleCount) * (peaks[task]! - middle))
  const perImage = covariance / mean(({ count }) => (count - middleCount) ** 2)
  return { fixed: middle - perImage * middleCount, perImage }
}

/** The table of what was measured up to the largest number, the rest in a sentence each. */
function writeTable(): void {
  const most = ({ measured: of }: Series): number => of.at(-1)!.count
  const [{ sidePx: side, encoderSidePx: encoderSide, measured }, ...others] = [...readStored()].sort((a, b) => most(b) - most(a))
  const tasks = Object.keys(measured.at(-1)!.peaks).filter((task) => measured.every(({ peaks }) => peaks[task] !== undefined))
  const lines = tasks.map((task) => ({ task, ...lineOf(measured, task) }))
  const at = ({ fixed, perImage }: Line, count: number): number => fixed + perImage * count
  // What falls with the number is chance, or ends with time: no less than was seen is expected.
  const expectedOf = (line: (typeof lines)[number]): number =>
    Math.max(at(line, wantedCount), ...measured.map(({ peaks }) => peaks[line.task]!))
  const highest = lines.reduce((most, line) => (expectedOf(line) > expectedOf(most) ? line : most))
  const farthest = Math.max(...lines.flatMap((line) => measured.map(({ count, peaks }) => Math.abs(peaks[line.task]! - at(line, count)))))
  const steepest = Math.max(...tasks.map((task) => at(lineOf(measured.slice(-2), task), wantedCount)))
  const wanted = wantedCount.toLocaleString('en')
  writeResults({
    name: 'quick-memory',
    title: 'Memory of the recipe `quick`',
    notes: [
      `\`spicerack cluster FOLDER --recipe quick --clusters ${kindCount}\` on synthetic JPEG images of ${side} px (stripes of ${kindCount} kinds, with noise), from the folder to the exported dataset, with the default settings and the allocator settings that the command gives itself.`,
      ...(encoderSide === ''
        ? []
        : [
            `The encoders see the images at ${encoderSide} px, not at the 224 to 128 that the recipe chooses by their number: that takes a part of the time, and the memory for a batch of images is another; it is the same for any number of images.`,
          ]),
      `Megabytes: the largest sum of the resident memory of all its processes while the command says that it does this, seen every ${watchEveryMs} ms; libraries that they share are counted once for each. What was freed stays with the allocator, so it is seen in later stages too.`,
      `**The last column is no measurement**: the straight line of least squares through the sizes measured (MB without any image, and KB an image), at ${wanted} images, and no less than was measured. None of the measured values lies farther than ${farthest.toFixed(0)} MB from its line.`,
      `Goal at ${wanted} images: at most 4096 MB. The most is expected while it says \`${highest.task}\`: ${expectedOf(highest).toFixed(0)} MB; by the line through the two largest sizes alone ${steepest.toFixed(0)} MB.`,
      'Neighbours are sought in blocks of at most 256 MB, which are full from some 5,800 images on: a part of the growth of `Clustering` below that ends there. What goes on growing are features of 3 KB an image: while heads learn the embedding, twice, and each of two views of it.',
      ...others.map((other) => {
        const conditions =
          other.encoderSidePx === '' ? 'at the size that the recipe chooses by their number' : `at ${other.encoderSidePx} px`
        const peaks = other.measured.map((each) => `${each.count.toLocaleString('en')} images ${largestOf(each)}`)
        return `Images of ${other.sidePx} px, seen by the encoders ${conditions}: at most ${peaks.join(', ')} MB.`
      }),
      `Seconds from start to end (load average before): ${measured.map(({ count, seconds, load }) => `${count.toLocaleString('en')} images ${seconds} (${load.toFixed(1)})`).join(', ')}.`,
    ],
    header: [
      'stage',
      ...measured.map(({ count }) => `${count.toLocaleString('en')} images, MB`),
      'MB without any image',
      'KB an image',
      `${wanted} images, MB, extrapolated`,
    ],
    rows: [
      ...lines.map((line) => [
        line.task,
        ...measured.map(({ peaks }) => `${peaks[line.task]}`),
        line.fixed.toFixed(0),
        (line.perImage * 1024).toFixed(1),
        expectedOf(line).toFixed(0),
      ]),
      ['**most**', ...measured.map((each) => `${largestOf(each)}`), '', '', `**${expectedOf(highest).toFixed(0)}**`],
    ],
    versions: pythonVersions([]),
  })
}
