import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import sharp from 'sharp'
import { imagesOfKinds } from '../tests/training/images-of-kinds.ts'
import { option } from './arguments.ts'
import { treeMegabytes } from './process-memory.ts'
import { loadNow, pythonVersions, writeResults } from './result-table.ts'

// Memory of the whole recipe `quick`, from a folder to a dataset, by number of images, with what 100,000 would take.
// Arguments: [--counts 1000,4000,16000] [--side 96] [--encoder-side PX: smaller for a shorter run]. Linux only.

const counts = option('counts', '1000,4000,16000').split(',').map(Number)
const sidePx = Number(option('side', '96'))
/** Empty: as the recipe chooses it. */
const encoderSidePx = option('encoder-side', '')
const kindCount = 10
const wantedCount = 100_000
const watchEveryMs = 50

/** What the command says it is doing, and the largest memory of its processes meanwhile, in megabytes. */
type Peaks = ReadonlyMap<string, number>
type Measured = Readonly<{ count: number; seconds: number; peaks: Peaks }>

const loadBefore = loadNow()
const folder = mkdtempSync(join(tmpdir(), 'spicerack-quick-memory-'))
try {
  const measured: Measured[] = []
  for (const count of counts) {
    const images = join(folder, `images-${count}`)
    await writeImages(images, count)
    measured.push(await runQuick(images, join(folder, `out-${count}`), count))
    rmSync(images, { recursive: true, force: true })
    rmSync(join(folder, `out-${count}`), { recursive: true, force: true })
    // After each, so that a run that is cut off leaves what it has.
    writeTable(measured)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
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
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const peaks = new Map<string, number>()
  let task = 'Starting'
  const watch = setInterval(() => peaks.set(task, Math.max(peaks.get(task) ?? 0, treeMegabytes(child.pid!))), watchEveryMs)
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
  console.error(`${count} images: ${seconds.toFixed(0)} s; ${[...peaks].map(([name, peak]) => `${name} ${peak.toFixed(0)} MB`).join(', ')}`)
  return { count, seconds, peaks }
}

function writeTable(measured: readonly Measured[]): void {
  const tasks = [...measured.at(-1)!.peaks.keys()]
  const largest = ({ peaks }: Measured): number => Math.max(...peaks.values())
  const row = (name: string, of: (each: Measured) => number): string[] => {
    const values = measured.map(of)
    const [before, last] = [measured.at(-2), measured.at(-1)!]
    // A straight line through the two largest sizes.
    const slope = before ? (of(last) - of(before)) / (last.count - before.count) : Number.NaN
    const expected = of(last) + Math.max(0, slope) * (wantedCount - last.count)
    const line = before ? [(slope * 1024).toFixed(1), expected.toFixed(0)] : ['', '']
    return [name, ...values.map((value) => value.toFixed(0)), ...line]
  }
  writeResults({
    name: 'quick-memory',
    title: 'Memory of the recipe `quick`',
    notes: [
      `\`spicerack cluster FOLDER --recipe quick --clusters ${kindCount}\` on synthetic JPEG images of ${sidePx} px (stripes of ${kindCount} kinds, with noise), from the folder to the exported dataset, with the default settings and the allocator settings that the command gives itself.`,
      ...(encoderSidePx === ''
        ? []
        : [
            `The encoders see the images at ${encoderSidePx} px, not at the 224 to 128 that the recipe chooses by their number: that takes a part of the time, and less memory by the same amount for any number of images.`,
          ]),
      `Megabytes: the largest sum of the resident memory of all its processes, seen every ${watchEveryMs} ms; libraries that they share are counted once for each.`,
      `**The last column is no measurement**: the line through the two largest sizes, extended to ${wantedCount.toLocaleString('en')} images. Goal there: at most 4096 MB.`,
      `Seconds from start to end: ${measured.map(({ count, seconds }) => `${seconds.toFixed(0)} (${count} images)`).join(', ')}.`,
    ],
    header: ['stage', ...measured.map(({ count }) => `${count} images, MB`), 'KB an image', `${wantedCount} images, MB, extrapolated`],
    rows: [...tasks.map((task) => row(task, ({ peaks }) => peaks.get(task) ?? 0)), row('**all**', largest)],
    loadBefore,
    versions: pythonVersions([]),
  })
}
