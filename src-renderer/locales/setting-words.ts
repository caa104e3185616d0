import type { StageName } from '#shared/jobs.ts'
import type { stageSettings } from '#shared/recipes/recipe.ts'

/** The settings in a language other than that of their definitions. */
export type SettingWords = Readonly<{
  settings: {
    readonly [Stage in StageName]: { readonly [Name in keyof (typeof stageSettings)[Stage]]: readonly [name: string, help: string] }
  }
  /** Units, sources of the defaults and reasons of the recipes, by their English text. */
  texts: Readonly<Record<string, string>>
}>

/** A setting as it is defined, and what a page says of it. */
export type SettingPlace = Readonly<{ stage: StageName; name: string }>

/** `keyMomentum` as words: names are those of the command line and of the record of the run. */
export function nameInWords({ stage, name }: SettingPlace, words: SettingWords | undefined): string {
  return ofSetting({ stage, name }, words)?.[0] ?? name.replace(/([A-Z])/g, ' $1').toLowerCase()
}

export function helpInWords(place: SettingPlace & { help: string }, words: SettingWords | undefined): string {
  return ofSetting(place, words)?.[1] ?? place.help
}

/** A unit, a source or a reason. */
export function textInWords(text: string, words: SettingWords | undefined): string {
  return words?.texts[text] ?? text
}

function ofSetting({ stage, name }: SettingPlace, words: SettingWords | undefined): readonly [string, string] | undefined {
  return (words?.settings[stage] as Readonly<Record<string, readonly [string, string]>> | undefined)?.[name]
}
