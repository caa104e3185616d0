import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const benchFolder = dirname(fileURLToPath(import.meta.url))

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Median with smallest and largest, for a table. */
export function spread(values: readonly number[], digits = 0): string {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`
}

/** Round by round, how many times as much the first has. */
export function ratios(first: readonly number[], second: readonly number[]): number[] {
  return first.map((value, round) => value / second[round])
}

/**
 * How many times as fast the first is, for a table: the median of the rounds, with smallest and largest, and its best round against the
 * best of the other, which other programs on the machine disturbed least.
 */
export function speedRatio(first: readonly number[], second: readonly number[]): string {
  const each = ratios(first, second)
  const best = Math.max(...first) / Math.max(...second)
  return `**${median(each).toFixed(2)}** (${Math.min(...each).toFixed(2)}-${Math.max(...each).toFixed(2)}; best ${best.toFixed(2)})`
}

/** Load of the machine now, to be noted beside a figure: on two cores, above 0.5 somebody else was working. */
export function loadNow(): number {
  return loadavg()[0]
}

/** Versions of Python packages, as one line. */
export function pythonVersions(packages: readonly string[]): string {
  const program = `import sys, importlib.metadata as m; print('Python ' + sys.version.split()[0], *[p + ' ' + m.version(p) for p in sys.argv[1:]], sep=', ')`
  const { stdout } = spawnSync(process.env.SPICERACK_PYTHON ?? 'python3', ['-c', program, ...packages], { encoding: 'utf8' })
  return stdout.trim()
}

export type ResultPage = Readonly<{
  name: string
  title: string
  /** What was done, and under which conditions. */
  notes: readonly string[]
  header: readonly string[]
  rows: readonly (readonly string[])[]
  /** Load average before the first round. */
  loadBefore?: number
  versions: string
}>

/** Writes `results/<name>.md` with the machine, and prints it. */
export function writeResults(page: ResultPage): void {
  const cells = (row: readonly string[]): string => `| ${row.join(' | ')} |`
  const load = page.loadBefore === undefined ? '' : ` Load average before the first round: ${page.loadBefore.toFixed(2)}.`
  const text = [
    `# ${page.title}`,
    '',
    ...page.notes.map((note) => `- ${note}`),
    `- Machine: ${cpus()[0].model.trim()}, ${availableParallelism()} cores. Node ${process.versions.node}, ${page.versions}. Measured ${new Date().toISOString().slice(0, 10)}.${load}`,
    '',
    cells(page.header),
    cells(page.header.map(() => '---')),
    ...page.rows.map(cells),
    '',
  ].join('\n')
  mkdirSync(join(benchFolder, 'results'), { recursive: true })
  writeFileSync(join(benchFolder, 'results', `${page.name}.md`), text)
  console.log(text)
}
