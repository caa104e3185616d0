import { type Message, say } from './said.ts'

/** One setting of a stage: the single source of its default, range, unit and origin. */
export type SettingDefinition<T extends SettingValue = SettingValue> = Readonly<{
  kind: 'integer' | 'number' | 'boolean' | 'choice' | 'file'
  default: T
  /** Inclusive range of numbers. */
  min?: number
  max?: number
  choices?: readonly string[]
  /** Of the file, without dots. */
  extensions?: readonly string[]
  unit?: string
  /** Where the default comes from: paper, published code, or our own measurement. */
  source: string
  help: string
}>

export type SettingValue = number | boolean | string
export type SettingDefinitions = Readonly<Record<string, SettingDefinition>>
export type SettingsOf<D extends SettingDefinitions> = {
  readonly [Name in keyof D]: D[Name] extends SettingDefinition<infer T> ? T : never
}

type Origin = Readonly<{ source: string; help: string; unit?: string }>

export function integer(value: number, min: number, max: number, origin: Origin): SettingDefinition<number> {
  return { kind: 'integer', default: value, min, max, ...origin }
}

export function real(value: number, min: number, max: number, origin: Origin): SettingDefinition<number> {
  return { kind: 'number', default: value, min, max, ...origin }
}

export function flag(value: boolean, origin: Origin): SettingDefinition<boolean> {
  return { kind: 'boolean', default: value, ...origin }
}

export function choice<const C extends readonly string[]>(value: C[number], choices: C, origin: Origin): SettingDefinition<C[number]> {
  return { kind: 'choice', default: value, choices, ...origin }
}

/** The path of a file; empty for none. */
export function file(extensions: readonly string[], origin: Origin): SettingDefinition<string> {
  return { kind: 'file', default: '', extensions, ...origin }
}

export function defaultsOf<D extends SettingDefinitions>(definitions: D): SettingsOf<D> {
  return Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, definition.default])) as SettingsOf<D>
}

/** What is wrong with a value for this setting, as one sentence; undefined when it is fine. */
export function settingProblem(name: string, definition: SettingDefinition, value: unknown): Message | undefined {
  const given = JSON.stringify(value) ?? 'undefined'
  switch (definition.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : say('mustBeFlag', { name, value: given })
    case 'file':
      return typeof value === 'string' ? undefined : say('mustBeText', { name, value: given })
    case 'choice':
      return definition.choices?.includes(value as string)
        ? undefined
        : say('mustBeOneOf', { name, choices: definition.choices?.join(', ') ?? '', value: given })
    case 'integer':
    case 'number': {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = definition
      const isNumber = typeof value === 'number' && Number.isFinite(value) && (definition.kind === 'number' || Number.isInteger(value))
      if (isNumber && value >= min && value <= max) return undefined
      const values = { name, min: String(min), max: String(max), value: given }
      return definition.kind === 'integer' ? say('mustBeInteger', values) : say('mustBeNumber', values)
    }
  }
}
