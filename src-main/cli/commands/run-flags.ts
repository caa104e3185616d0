import { resolve } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { type StageName, stageNames } from '#shared/jobs.ts'
import { stageSettings } from '#shared/recipes/recipe.ts'
import type { SettingValue } from '#shared/settings.ts'
import type { BackendChoice } from '#shared/worker-protocol.ts'

/** What a person asked of a run; what is left out has its default. */
export type RunFlags = Readonly<{
  clusters?: number
  recipe?: string
  epochs?: number
  seed?: number
  backend?: BackendChoice
  /** An ONNX file that turns images into features. */
  encoder?: string
  /** `stage.name=value` */
  set?: readonly string[]
  /** Folder for the embedding as .npy. */
  exportNpy?: string
  resume?: boolean
}>

/**
 * `--set pretrain.widthFactor=0.5`, `--epochs` and `--encoder` as overrides by stage.
 *
 * @throws BAD_INPUT for a stage or setting that does not exist.
 */
export function parseOverrides({ set = [], epochs, encoder }: RunFlags): Partial<Record<StageName, Record<string, SettingValue>>> {
  const overrides: Partial<Record<StageName, Record<string, SettingValue>>> = epochs === undefined ? {} : { pretrain: { epochs } }
  if (encoder !== undefined) {
    overrides.pretrain = { ...overrides.pretrain, source: 'onnx' }
    overrides.embed = { onnxFile: resolve(encoder) }
  }
  for (const assignment of set) {
    const [, stage, name, value] = assignment.match(/^([a-z]+)\.([a-zA-Z]+)=(.+)$/) ?? []
    const stageName = stageNames.find((known) => known === stage)
    const definition =
      stageName && name !== undefined ? (stageSettings[stageName] as Readonly<Record<string, { kind: string }>>)[name] : undefined
    if (!stageName || !definition || name === undefined || value === undefined)
      throw SpicerackError.inEnglish('BAD_INPUT', `--set ${assignment} names no setting.`, {
        advice: 'Write STAGE.SETTING=VALUE, for example pretrain.widthFactor=0.5.',
      })
    const parsed: SettingValue =
      definition.kind === 'boolean' ? value === 'true' : ['choice', 'file'].includes(definition.kind) ? value : Number(value)
    overrides[stageName] = { ...overrides[stageName], [name]: parsed }
  }
  return overrides
}
