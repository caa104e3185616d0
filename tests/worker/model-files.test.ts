import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readSafetensors } from '#engine/ml/safetensors.ts'
import { modelFiles, openModels } from '#engine/worker/model-files.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spicerack-weights-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('gives weights that are what the manifest says, and refuses changed and unknown ones', () => {
  const content = Buffer.from('weights')
  const sha256 = createHash('sha256').update(content).digest('hex')
  writeFileSync(join(folder, 'a.safetensors'), content)
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify([{ name: 'a', file: 'a.safetensors', sha256 }]))
  const models = openModels(pathToFileURL(`${folder}/`))
  expect(Buffer.from(models.packaged('a')).equals(content)).toBe(true)
  expect(() => models.packaged('b')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  writeFileSync(join(folder, 'a.safetensors'), 'Weights')
  expect(() => models.packaged('a')).toThrow(expect.objectContaining({ code: 'NOT_FOUND', message: expect.stringContaining('changed') }))
})

it('comes with two encoders, each with its licence', () => {
  const weights = new URL('../../resources/weights/', import.meta.url)
  const manifest = JSON.parse(readFileSync(new URL('manifest.json', weights), 'utf8')) as Record<string, string>[]
  expect(manifest.map(({ name, licence, package: source, version }) => [name, licence, source, version])).toEqual([
    ['mobilenet-v2-1.0', 'Apache-2.0', '@mediapipe/objectron', '0.4.1675468480'],
    ['mobilenet-v2-1.4', 'MIT', 'nsfwjs', '4.3.0'],
  ])
  for (const { name, licenceFile } of manifest) {
    expect(readFileSync(new URL(licenceFile!, weights), 'utf8')).toMatch(/Apache License|MIT License/)
    expect(readSafetensors(modelFiles.packaged(name!)).get('stem.filter')!.shape.slice(0, 3)).toEqual([3, 3, 3])
  }
})
