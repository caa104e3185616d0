import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { patchMapOnnx } from '../worker/onnx-file.ts'

const main = fileURLToPath(new URL('../../src-main/cli/main.ts', import.meta.url))
const tiny = [
  'pretrain.source=moco',
  'pretrain.precision=float32',
  'pretrain.widthFactor=0.0625',
  'pretrain.batchSize=16',
  'pretrain.queueSize=16',
  'self.epochs=2',
  'self.headCount=2',
  'self.cachedViews=1',
  'semi.steps=4',
  'semi.batchSize=4',
  'semi.unlabeledRatio=1',
].flatMap((setting) => ['--set', setting])

type Ended = Readonly<{ code: number; output: string; errors: string }>

function spicerack(...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...words], { maxBuffer: 1 << 26 }, (error, output, errors) => {
      resolve({ code: error ? Number((error as { code?: unknown }).code ?? 1) : 0, output, errors })
    })
  })
}

const linesOf = ({ output }: Ended): Record<string, unknown>[] =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-cli-'))
  const colours = ['#c02020', '#20a040', '#2040c0']
  const images = join(folder, 'images')
  const { mkdirSync } = await import('node:fs')
  mkdirSync(images)
  const rows = ['path,label']
  for (const [kind, background] of colours.entries())
    for (let index = 0; index < 12; index++) {
      const name = `图 ${kind}-${index}.png`
      const noise = { type: 'gaussian', mean: 128, sigma: 20 + index } as const
      const texture = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#808080', noise } })
        .png()
        .toBuffer()
      await sharp({ create: { width: 40, height: 40, channels: 3, background } })
        .composite([{ input: texture, blend: 'overlay' }])
        .png()
        .toFile(join(images, name))
      rows.push(`${name},${['red', 'green', 'blue'][kind]}`)
    }
  writeFileSync(join(folder, 'truth.csv'), rows.join('\n'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('spicerack', () => {
  test('help has an example for every command, and bad usage ends with 2', async () => {
    const help = await spicerack('--help')
    expect(help.code).toBe(0)
    const names = [
      'cluster',
      'new',
      'run',
      'status',
      'clusters',
      'align',
      'audit',
      'export',
      'predict',
      'evaluate',
      'replay',
      'serve',
      'device',
    ]
    for (const name of names) {
      expect(help.output).toContain(`  ${name} `)
      const own = await spicerack(name, '--help')
      expect({ name, code: own.code, example: own.output.includes('Example:') || name === 'device' }).toEqual({
        name,
        code: 0,
        example: true,
      })
    }
    expect((await spicerack('cluster')).code).toBe(2)
    expect((await spicerack('frobnicate')).code).toBe(2)
    const bad = await spicerack(
      'cluster',
      join(folder, 'images'),
      '--out',
      join(folder, 'bad'),
      '--clusters',
      '3',
      '--set',
      'pretrain.nothing=1',
    )
    expect(bad.code).toBe(2)
    expect(bad.errors).toContain('pretrain.nothing=1')
  })

  test('a folder goes in and a labelled dataset comes out; then name, evaluate, predict, export', async () => {
    const out = join(folder, 'out')
    const done = await spicerack(
      '--json',
      'cluster',
      join(folder, 'images'),
      '--out',
      out,
      '--clusters',
      '3',
      '--epochs',
      '2',
      '--seed',
      '3',
      '--truth',
      join(folder, 'truth.csv'),
      ...tiny,
    )
    expect({ code: done.code, errors: done.code === 0 ? '' : done.errors + done.output }).toEqual({ code: 0, errors: '' })
    const result = linesOf(done).at(-1) as {
      type: string
      clusters: { imageCount: number }[]
      evaluation: { imageCount: number; accuracy: number }
    }
    expect(result.type).toBe('clustered')
    expect(result.clusters.map(({ imageCount }) => imageCount).reduce((sum, count) => sum + count, 0)).toBe(36)
    expect(result.evaluation.imageCount).toBe(36)
    expect(readdirSync(out).sort()).toEqual(['contact-sheet.html', 'contact-sheet.jpg', 'dataset', 'images.spicerack'])
    const manifest = JSON.parse(readFileSync(join(out, 'dataset', 'manifest.json'), 'utf8')) as { count: number }
    expect(manifest.count).toBe(36)

    const again = await spicerack('cluster', join(folder, 'images'), '--out', out)
    expect(again.code).toBe(1)
    expect(again.errors).toContain('exists already')

    const project = join(out, 'images.spicerack')
    const aligned = await spicerack('--json', 'align', project, '--labels', join(folder, 'truth.csv'))
    expect(aligned.code).toBe(0)
    const { classes } = linesOf(aligned).at(-1) as { classes: { name: string }[] }
    expect(classes.map(({ name }) => name).sort()).toEqual(['blue', 'green', 'red'])
    const scored = await spicerack('--json', 'evaluate', project, '--truth', join(folder, 'truth.csv'))
    expect(scored.code).toBe(0)
    const predicted = await spicerack('--json', 'predict', project, join(folder, 'images', '图 0-0.png'))
    const { predictions } = linesOf(predicted).at(-1) as { predictions: { className: string | null; confidence: number }[] }
    expect(predictions).toHaveLength(1)
    expect(predictions[0]!.confidence).toBeGreaterThan(0)
    const exported = await spicerack('export', project, '--format', 'csv', '--out', join(folder, 'csv'))
    expect(exported.code).toBe(0)
    expect(readFileSync(join(folder, 'csv', readdirSync(join(folder, 'csv')).find((name) => name.endsWith('.csv'))!), 'utf8')).toContain(
      '图 0-0.png',
    )
    const audited = await spicerack('--json', 'audit', project)
    expect(linesOf(audited).at(-1)).toMatchObject({
      type: 'audits',
      minPurity: 0.95,
      audits: [{ looked: 0, lower: 0 }, { looked: 0 }, { looked: 0 }],
    })
    const gated = ['export', project, '--format', 'parquet', '--out', join(folder, 'gated'), '--min-purity', '0.95']
    const refused = await spicerack(...gated)
    expect(refused.code).toBe(1)
    expect(refused.errors).toMatch(/Not proved to be 95 % pure: blue \(\d+ more looks needed, if all are right\), green/)
    const planned = await spicerack('--json', ...gated.slice(0, -2), '--dry-run')
    expect(linesOf(planned).at(-1)).toMatchObject({ type: 'planned', count: 36, unproven: [] })
    const empty = await spicerack(...gated, '--skip-unproven')
    expect([empty.code, empty.errors]).toEqual([1, expect.stringContaining('No image passes')])
    expect(readdirSync(folder)).not.toContain('gated')
    expect((await spicerack('status', project)).output).toContain('semi')
    const replayed = await spicerack('replay', project)
    expect({ code: replayed.code, errors: replayed.code === 0 ? '' : replayed.errors }).toEqual({ code: 0, errors: '' })
    expect(replayed.output).toContain('each with the same cluster and confidence')
  }, 280_000)

  test('the quick recipe and an ONNX encoder go all the way, and again with the same result', async () => {
    const small = ['--set', 'self.epochs=2', '--set', 'self.headCount=2', '--set', 'semi.steps=10', '--set', 'embed.inputSidePx=64']
    const truth = ['--clusters', '3', '--truth', join(folder, 'truth.csv')]
    const encoder = join(folder, 'patches.onnx')
    // Mixtures of the mean colours.
    const weights = Float32Array.from({ length: 24 * 48 }, (_, place) => Math.sin(1 + Math.floor(place / 16) ** 2) / 16)
    writeFileSync(encoder, patchMapOnnx(24, weights))
    for (const [name, how] of [
      ['quick', ['--recipe', 'quick']],
      ['onnx', ['--recipe', 'quick', '--encoder', encoder]],
    ] as const) {
      const out = join(folder, name)
      const done = await spicerack('--json', 'cluster', join(folder, 'images'), '--out', out, ...truth, ...how, ...small)
      expect({ code: done.code, errors: done.code === 0 ? '' : done.errors + done.output }).toEqual({ code: 0, errors: '' })
      const { evaluation } = linesOf(done).at(-1) as { evaluation: { accuracy: number } }
      expect({ name, found: evaluation.accuracy > 0.9 }).toEqual({ name, found: true })
      const project = join(out, 'images.spicerack')
      const predicted = await spicerack(
        '--json',
        'predict',
        project,
        join(folder, 'images', '图 0-0.png'),
        join(folder, 'images', '图 1-0.png'),
      )
      const { predictions } = linesOf(predicted).at(-1) as { predictions: { clusterName: string }[] }
      expect(new Set(predictions.map(({ clusterName }) => clusterName)).size).toBe(2)
      expect((await spicerack('replay', project)).output).toContain('each with the same cluster and confidence')
    }
    expect(readdirSync(join(folder, 'onnx', 'images.spicerack', 'runs', 'run-0001'))).toContain('onnx.sha256')
    const doubled = weights.map((weight) => 2 * weight)
    writeFileSync(encoder, patchMapOnnx(24, doubled))
    const changed = await spicerack('predict', join(folder, 'onnx', 'images.spicerack'), join(folder, 'images', '图 0-0.png'))
    expect(changed.code).toBe(1)
    expect(changed.errors).toContain('is not the file')
    const missing = await spicerack(
      'cluster',
      join(folder, 'images'),
      '--out',
      join(folder, 'missing'),
      '--clusters',
      '3',
      '--encoder',
      'no.onnx',
    )
    expect(missing.errors).toContain('no.onnx')
  }, 280_000)

  test('Ctrl-C pauses with exit code 130, and the same command goes on', async () => {
    const { spawn } = await import('node:child_process')
    const out = join(folder, 'paused')
    const words = ['cluster', join(folder, 'images'), '--out', out, '--clusters', '3', '--epochs', '60', '--seed', '3', ...tiny]
    const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    const code = await new Promise<number | null>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        const before = errors
        errors += chunk.toString()
        if (!before.includes('Learning features') && errors.includes('Learning features')) child.kill('SIGINT')
      })
      child.on('exit', resolve)
    })
    expect(code).toBe(130)
    expect(errors).toContain('--resume')
    const status = await spicerack('status', join(out, 'images.spicerack'))
    expect(status.output).toMatch(/pretrain\s+stopped at \d+ of 120\n/)
    expect(status.output).toContain('Job run: paused\n  Go on with the same command, or with: spicerack run PROJECT --resume')

    const again = await spicerack(...words)
    expect({ code: again.code, errors: again.code === 0 ? '' : again.errors }).toEqual({ code: 0, errors: '' })
    expect(again.errors).toContain('Going on with run-0001')
    expect(readdirSync(join(out, 'dataset'))).toContain('manifest.json')

    // As after a kill while the dataset was written: nothing is trained anew.
    rmSync(join(out, 'dataset'), { recursive: true })
    const third = await spicerack(...words)
    expect({ code: third.code, errors: third.errors }).toEqual({ code: 0, errors: expect.stringContaining('run-0001 is complete') })
    expect(readdirSync(join(out, 'dataset'))).toContain('manifest.json')
    const [last] = linesOf(await spicerack('--json', 'status', join(out, 'images.spicerack')))
    expect((last as { runs: { id: string }[] }).runs.map(({ id }) => id)).toEqual(['run-0001'])
  }, 280_000)

  test('a folder that is not there leaves a project into which the right one is read', async () => {
    const project = join(folder, 'mistyped')
    const mistyped = await spicerack('new', project, '--images', join(folder, 'imagse'))
    expect(mistyped.code).toBe(1)
    const status = await spicerack('status', project)
    expect(status.output).toContain('spicerack new PROJECT --images FOLDER')
    expect(status.output).not.toContain('--resume')
    const read = await spicerack('new', project, '--images', join(folder, 'images'))
    expect({ code: read.code, errors: read.errors }).toEqual({ code: 0, errors: expect.stringContaining('exists already') })
    expect(read.output).toBe('mistyped: 36 images\nNo run yet.\n')
  })
})
