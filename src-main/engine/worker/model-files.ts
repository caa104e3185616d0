import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ModelFiles } from '#engine/training/run-context.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { openOnnx } from './onnx/open-onnx.ts'

type ManifestEntry = Readonly<{ name: string; file: string; sha256: string }>

/** The packaged weights in a folder, each checked against the hash in the manifest beside them, and the ONNX files of the user. */
export function openModels(folder: URL): ModelFiles {
  return {
    onnx: openOnnx,
    packaged(name) {
      const manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as ManifestEntry[]
      const entry = manifest.find((each) => each.name === name)
      if (!entry) throw new SpicerackError('NOT_FOUND', say('weightsUnknown', { name }))
      const bytes = readFileSync(new URL(entry.file, folder))
      if (createHash('sha256').update(bytes).digest('hex') !== entry.sha256)
        throw new SpicerackError('NOT_FOUND', say('weightsDamaged', { file: entry.file }), {
          advice: say('reinstallOrStandard'),
        })
      return bytes
    },
  }
}

/** With the weights that come with Spicerack. */
export const modelFiles = openModels(new URL('../../../resources/weights/', import.meta.url))
