import { Menu, type MenuItemConstructorOptions } from 'electron'
import type { CommandId } from '#shared/commands.ts'
import type { MenuItemState, MenuState } from '#shared/host.ts'
import { toAccelerator } from './accelerator.ts'
import type { Words } from './words.ts'

type MenuOptions = Readonly<{
  words: Words
  /** Undefined until the page has said what it can do. */
  state: MenuState | undefined
  recent: readonly string[]
  hasDeveloperTools: boolean
  run(id: CommandId): void
  openProject(path: string): void
  openLogs(): void
  copyDiagnostics(): void
}>

/** The native menu: the page's commands in its language, beside what a window always has. */
export function showMenu(options: MenuOptions): void {
  const { words, state, recent, run } = options
  const isApple = process.platform === 'darwin'
  const own = (id: string): MenuItemConstructorOptions[] => {
    const items = state?.groups.find((group) => group.id === id)?.items ?? []
    return items.map((item) => toItem(item, run))
  }
  const titled = (id: string, fallback: string): string => state?.groups.find((group) => group.id === id)?.title ?? fallback
  const pageMenus = (...ids: string[]): MenuItemConstructorOptions[] =>
    ids.flatMap((id) => (own(id).length > 0 ? [{ label: titled(id, id), submenu: own(id) }] : []))

  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(isApple ? [{ role: 'appMenu' as const }] : []),
      {
        label: titled('file', words.file),
        submenu: [
          ...own('file'),
          { type: 'separator' },
          recentMenu(words, recent, options.openProject),
          ...(isApple ? [] : quitItems(words)),
        ],
      },
      {
        label: titled('edit', words.edit),
        submenu: [
          ...own('edit'),
          { type: 'separator' },
          { role: 'cut', label: words.cut },
          { role: 'copy', label: words.copy },
          { role: 'paste', label: words.paste },
        ],
      },
      ...pageMenus('go', 'selection'),
      {
        label: titled('view', words.view),
        submenu: [
          ...own('view'),
          { type: 'separator' },
          { role: 'togglefullscreen', label: words.fullScreen },
          { role: 'toggleDevTools', label: words.developerTools, visible: options.hasDeveloperTools },
        ],
      },
      ...pageMenus('work'),
      {
        label: words.window,
        submenu: [
          { role: 'minimize', label: words.minimize },
          { role: 'close', label: words.close, accelerator: 'CommandOrControl+W' },
        ],
      },
      {
        label: titled('help', words.help),
        submenu: [
          ...own('help'),
          { type: 'separator' },
          { id: 'openLogs', label: words.openLogs, click: options.openLogs },
          { id: 'copyDiagnostics', label: words.copyDiagnostics, click: options.copyDiagnostics },
        ],
      },
    ]),
  )
}

/** The page has the keys: it knows whether a person is typing. The menu only shows them. */
function toItem({ id, title, chord, isEnabled }: MenuItemState, run: MenuOptions['run']): MenuItemConstructorOptions {
  const accelerator = chord === null ? undefined : toAccelerator(chord)
  return {
    id,
    label: title.replaceAll('&', '&&'),
    enabled: isEnabled,
    ...(accelerator !== undefined && { accelerator, registerAccelerator: false }),
    click: () => run(id),
  }
}

function recentMenu(words: Words, recent: readonly string[], open: (path: string) => void): MenuItemConstructorOptions {
  const items = recent.map((path) => ({ label: path.replaceAll('&', '&&'), click: () => open(path) }))
  return { label: words.openRecent, submenu: items.length > 0 ? items : [{ label: words.noRecent, enabled: false }] }
}

function quitItems(words: Words): MenuItemConstructorOptions[] {
  return [{ type: 'separator' }, { id: 'quit', role: 'quit', label: words.quit }]
}
