import { messages } from './messages.ts'

export type MessageKey = keyof typeof messages
type NamesIn<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never
/** What the text of a message names; `count` where it has two forms. */
type ValuesOf<Key extends MessageKey> = Readonly<
  Record<NamesIn<(typeof messages)[Key]> | ((typeof messages)[Key] extends `${string} | ${string}` ? 'count' : never), string | number>
>

export type Message = Readonly<{
  /** In English, for a console, a script, and a page that does not know the key. */
  text: string
  /** A `MessageKey` of the version that said it. */
  key: string
  values: Readonly<Record<string, string | number>>
}>

/** Something said to a person: a message, or English alone, as what was kept before there were messages. */
export type Said = string | Message

/** A message with its values; numbers that need a form of their own are given as text. */
export function say<Key extends MessageKey>(key: Key, ...[values]: [keyof ValuesOf<Key>] extends [never] ? [] : [ValuesOf<Key>]): Message {
  const given = (values ?? {}) as Readonly<Record<string, string | number>>
  const [one, several = one] = messages[key].split(' | ') as [string, string?]
  const text = (given.count === 1 ? one : several).replace(/\{(\w+)\}/g, (_, name: string) => String(given[name]))
  return { text, key, values: given }
}

/** In English. */
export function textOf(said: Said): string {
  return typeof said === 'string' ? said : said.text
}
