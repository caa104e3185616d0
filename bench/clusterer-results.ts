import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Measured = Readonly<{
  set: string
  images: number
  method: string
  /** Of the draw of the images, and of the method. */
  seed: number
  accuracy: number
  nmi: number
  ari?: number
  /** Of the processor, all threads together; left out where only the clock was looked at. */
  seconds?: number
  megabytes?: number | null
  versions?: string
  /** Probability that an image of the set is said to be surer than one of another set, by what says it. */
  outliersBehind?: Readonly<Record<string, number>>
}>

const resultsPath = join(dirname(fileURLToPath(import.meta.url)), 'results', 'clusterers.json')

/** All that was measured. */
export function readResults(): Measured[] {
  return existsSync(resultsPath) ? JSON.parse(readFileSync(resultsPath, 'utf8')) : []
}

export function isMeasured(row: Pick<Measured, 'set' | 'images' | 'method' | 'seed'>): boolean {
  return readResults().some(
    (each) => each.set === row.set && each.images === row.images && each.method === row.method && each.seed === row.seed,
  )
}

export function keepResult(row: Measured): void {
  writeFileSync(`${resultsPath}.partial`, `${JSON.stringify([...readResults(), row], null, 2)}\n`)
  renameSync(`${resultsPath}.partial`, resultsPath)
  console.error(`${row.set}, ${row.method}, seed ${row.seed}: ${(100 * row.accuracy).toFixed(1)} in ${row.seconds?.toFixed(1)} s`)
}
