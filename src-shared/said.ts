import { z } from 'zod'
import { messages } from './messages.ts'

export type MessageKey = keyof typeof messages
type NamesIn<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never
/** What the text of a message names; `count` where it has two forms. */
type ValuesOf<Key extends MessageKey> = Readonly<
  Record<NamesIn<(typeof messages)[Key]> | ((typeof messages)[Key] extends `${string} | ${string}` ? 'count' : never), string | number>
>

export const messageSchema = z
  .object({
    /** In English, for a console, a script, and a page that does not know the key. */
    text: z.string(),
    /** A `MessageKey` of the version that said it. */
    key: z.string(),
    values: z.record(z.string(), z.union([z.string(), z.number()])).readonly(),
  })
  .readonly()
export type Message = z.infer<typeof messageSchema>

/** Something said to a person: a message, or English alone, as what was kept before there were messages. */
export const saidSchema = z.union([z.string(), messageSchema])
export type Said = z.infer<typeof saidSchema>

/** A message with its values; numbers that need a form of their own are given as text. */
export function say<Key extends MessageKey>(key: Key, ...[values]: [keyof ValuesOf<Key>] extends [never] ? [] : [ValuesOf<Key>]): Message {
  const given = (values ?? {}) as Readonly<Record<string, string | number>>
  const [one, several = one] = messages[key].split(' | ') as [string, string?]
  const text = (given.count === 1 ? one : several).replace(/\{(\w+)\}/g, (_, name: string) => String(given[name]))
  return { text, key, values: given }
}

/** For `JSON.stringify`: messages as their English text, for scripts that read lines. */
export function withoutMessages(_name: string, value: unknown): unknown {
  const message = messageSchema.safeParse(value)
  return message.success ? message.data.text : value
}

/** In English. */
export function textOf(said: Said): string {
  return typeof said === 'string' ? said : said.text
}
