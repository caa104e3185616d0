import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Papa from 'papaparse'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'

const samples = fileURLToPath(new URL('../../resources/samples', import.meta.url))
const names = readdirSync(join(samples, 'photos')).sort()
const readTable = (name: string) =>
  Papa.parse<Record<string, string>>(readFileSync(join(samples, name), 'utf8'), { header: true, skipEmptyLines: true }).data
const pathsOf = (rows: readonly Record<string, string>[]) => rows.map(({ path }) => path).sort()

describe('the sample photographs', () => {
  it('each have one line of credits, with a maker, a source and a licence that allows shipping a changed copy', () => {
    const credits = readTable('CREDITS.photos.csv')
    expect(pathsOf(credits)).toEqual(names)
    const allowed = /^(public-domain|CC0-1\.0|CC-BY-[234]\.0|CC-BY-SA-[234]\.0)$/
    expect(credits.filter(({ licence }) => !allowed.test(licence!))).toEqual([])
    expect(credits.filter(({ title, author }) => title === '' || author === '')).toEqual([])
    expect(credits.filter(({ source }) => !source!.startsWith('https://'))).toEqual([])
    const explained = readFileSync(join(samples, 'LICENSES.photos.md'), 'utf8')
    expect([...new Set(credits.map(({ licence }) => licence!))].filter((licence) => !explained.includes(`\`${licence}\``))).toEqual([])
  })

  it('each have one label, of a class with at least ten, and a name that does not tell it', () => {
    const labels = readTable('photo-labels.csv')
    expect(pathsOf(labels)).toEqual(names)
    expect(names.filter((name) => !/^\d{3}\.jpg$/.test(name))).toEqual([])
    const counts = Map.groupBy(labels, ({ label }) => label)
    expect(counts.size).toBe(6)
    expect([...counts].filter(([, rows]) => rows.length < 10)).toEqual([])
    // Names dealt by class would leave about as many changes of class as there are classes.
    const inOrder = [...labels].sort((one, other) => (one.path! < other.path! ? -1 : 1))
    expect(inOrder.filter(({ label }, index) => label !== inOrder[index + 1]?.label).length).toBeGreaterThan(names.length / 2)
  })

  it('are different JPEG files of at most 256 px in colour, and at most 5 MB together', async () => {
    const files = names.map((name) => readFileSync(join(samples, 'photos', name)))
    expect(files.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(5_000_000)
    expect(new Set(files.map((bytes) => createHash('sha256').update(bytes).digest('hex'))).size).toBe(names.length)
    const facts = await Promise.all(files.map((bytes) => sharp(bytes).metadata()))
    expect(facts.filter(({ format, width, height }) => format !== 'jpeg' || Math.max(width, height) > 256)).toEqual([])
    expect(facts.filter(({ space }) => space !== 'srgb')).toEqual([])
  })
})
