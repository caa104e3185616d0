import { z } from 'zod'
import { type CommandId, commandIds } from './commands.ts'

const title = z.string().max(200)

const menuItemSchema = z.object({
  id: z.enum(commandIds as readonly [CommandId, ...CommandId[]]),
  title,
  /** The chord that the page listens to, as `Mod+Shift+Z`; null for none. */
  chord: z.string().max(40).nullable(),
  isEnabled: z.boolean(),
})
export type MenuItemState = z.infer<typeof menuItemSchema>

const menuStateSchema = z.object({
  locale: z.enum(['en', 'zh-CN']),
  groups: z.array(z.object({ id: z.string().max(40), title, items: z.array(menuItemSchema) })),
})
/** The commands of the page as they stand now: in its language, with its keys. */
export type MenuState = z.infer<typeof menuStateSchema>

export const appearances = ['system', 'light', 'dark'] as const
export type Appearance = (typeof appearances)[number]

/** What the page may ask of the desktop, each with one object of this form. The desktop checks it: the page is not trusted. */
export const hostRequestSchemas = {
  /** Resolves to the path, or null when the person gave up. */
  chooseFolder: z.object({ title }),
  /** `extensions` without dots; none for any file. */
  chooseFile: z.object({ title, extensions: z.array(z.string().max(20)) }),
  /** A place for a new folder, which need not exist; `name` is proposed. */
  saveFolder: z.object({ title, name: z.string().max(255) }),
  revealInFolder: z.object({ path: z.string().min(1) }),
  openLogs: z.object({}),
  copyDiagnostics: z.object({}),
  setMenuState: menuStateSchema,
  setAppearance: z.object({ appearance: z.enum(appearances) }),
  /** The page can open projects now; those that were asked for before come at once. */
  startListening: z.object({}),
} as const

export type HostRequestName = keyof typeof hostRequestSchemas
export type HostRequest<Name extends HostRequestName> = z.infer<(typeof hostRequestSchemas)[Name]>
type PathRequestName = 'chooseFolder' | 'chooseFile' | 'saveFolder'
export type HostAnswer<Name extends HostRequestName> = Name extends PathRequestName ? string | null : undefined

/** What a desktop window gives its page as `window.spicerack`; a browser has none of it. */
export type Host = {
  readonly [Name in Exclude<HostRequestName, 'startListening'>]: (request: HostRequest<Name>) => Promise<HostAnswer<Name>>
} & {
  readonly platform: string
  /** Path of a file or folder that was dropped on the page (a `File` of the event). */
  pathOfDroppedFile(file: object): string
  /** A command was chosen in the native menu. Gives back a function that ends it. */
  onCommand(listener: (id: CommandId) => void): () => void
  /** A project was opened from outside: double click, argument, recent projects. */
  onOpenProject(listener: (path: string) => void): () => void
}

/** Names of the messages between page and desktop. */
export const hostChannels = { request: 'host:request', command: 'host:command', openProject: 'host:open-project' } as const
