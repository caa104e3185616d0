import { SpicerackError } from '../errors.ts'
import type { StageName } from '../jobs.ts'
import { say } from '../said.ts'
import type { SettingsOf } from '../settings.ts'
import { defaultsOf, type SettingDefinitions, type SettingValue, settingProblem } from '../settings.ts'
import { embedSettings } from '../stages/embed.ts'
import { pretrainSettings } from '../stages/pretrain.ts'
import { reliableSettings } from '../stages/reliable.ts'
import { selfSettings } from '../stages/self.ts'
import { semiSettings } from '../stages/semi.ts'

export const stageSettings = {
  pretrain: pretrainSettings,
  embed: embedSettings,
  self: selfSettings,
  reliable: reliableSettings,
  semi: semiSettings,
} as const satisfies Record<StageName, SettingDefinitions>

/** Every setting of every stage, as a run records it. */
export type ResolvedRecipe = {
  readonly [S in StageName]: SettingsOf<(typeof stageSettings)[S]>
} & Readonly<{ name: string }>

/** What a recipe may look at when it chooses a value. */
export type RecipeFacts = Readonly<{ imageCount: number; clusterCount: number; imageSize: number }>

/** A value that differs from the stage's default, and why. */
export type RecipeChange = Readonly<{ value: SettingValue | ((facts: RecipeFacts) => SettingValue); reason: string }>

/** A recipe is data: only what differs from the defaults, each with its reason. */
export type Recipe = Readonly<{
  name: string
  changes: { readonly [S in StageName]?: { readonly [Name in keyof (typeof stageSettings)[S]]?: RecipeChange } }
}>

/** Settings a person changed for one run: `{ pretrain: { epochs: 20 } }`. */
export type RecipeOverrides = { readonly [S in StageName]?: Readonly<Record<string, SettingValue>> }

/**
 * The settings of a run: defaults, then the recipe, then the person's own.
 *
 * @throws BAD_INPUT when a setting does not exist or its value is out of range.
 */
export function resolveRecipe(recipe: Recipe, facts: RecipeFacts, overrides: RecipeOverrides = {}): ResolvedRecipe {
  const resolved: Record<string, unknown> = { name: recipe.name }
  for (const [stage, definitions] of Object.entries(stageSettings) as [StageName, SettingDefinitions][]) {
    const values: Record<string, SettingValue> = { ...defaultsOf(definitions) }
    for (const [name, change] of Object.entries((recipe.changes[stage] ?? {}) as Record<string, RecipeChange>))
      values[name] = typeof change.value === 'function' ? change.value(facts) : change.value
    for (const [name, value] of Object.entries(overrides[stage] ?? {})) {
      if (!(name in definitions))
        throw new SpicerackError('BAD_INPUT', say('noSetting', { stage, name }), {
          advice: say('settingsAre', { settings: Object.keys(definitions).join(', ') }),
        })
      values[name] = value
    }
    for (const [name, definition] of Object.entries(definitions)) {
      const problem = settingProblem(`${stage}.${name}`, definition, values[name])
      if (problem) throw new SpicerackError('BAD_INPUT', problem)
    }
    resolved[stage] = values
  }
  return resolved as ResolvedRecipe
}
