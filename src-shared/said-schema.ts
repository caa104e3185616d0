import { z } from 'zod'

/** A message as it is sent and stored. */
export const messageSchema = z
  .object({
    /** In English, for a console, a script, and a page that does not know the key. */
    text: z.string(),
    /** A `MessageKey` of the version that said it. */
    key: z.string(),
    values: z.record(z.string(), z.union([z.string(), z.number()])).readonly(),
  })
  .readonly()

/** Something said to a person: a message, or English alone, as what was kept before there were messages. */
export const saidSchema = z.union([z.string(), messageSchema])

/** For `JSON.stringify`: messages as their English text, for scripts that read lines. */
export function withoutMessages(_name: string, value: unknown): unknown {
  const message = messageSchema.safeParse(value)
  return message.success ? message.data.text : value
}
