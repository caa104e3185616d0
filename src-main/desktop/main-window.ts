import { BrowserWindow, nativeTheme, screen, session } from 'electron'
import { type Appearance, appearances } from '#shared/host.ts'
import { appOrigin } from './app-scheme.ts'
import { readJsonFile, writeJsonFile } from './json-file.ts'
import type { Places } from './places.ts'
import { type Bounds, restoreBounds, smallestSize } from './window-bounds.ts'

/** What is remembered of the window from one start to the next. */
type WindowState = { bounds?: Bounds; isMaximized?: boolean; appearance?: Appearance }

const showAfterMs = 4000

/** The ground of the page in each theme, so that nothing flashes before it is drawn. */
const grounds = { light: '#f9f8f6', dark: '#171614' } as const

export interface MainWindow {
  readonly window: BrowserWindow
  /** To the front, whatever it was. */
  show(): void
  setAppearance(appearance: Appearance): void
}

export function openMainWindow(options: Readonly<{ places: Places; statePath: string; log(line: string): void }>): MainWindow {
  const { places, statePath, log } = options
  const state = readJsonFile<WindowState>(statePath, parseState, {})
  nativeTheme.themeSource = state.appearance ?? 'system'
  forbidEverythingElse()
  const areas = [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map(({ workArea }) => workArea)
  const window = new BrowserWindow({
    ...restoreBounds(state.bounds, areas),
    minWidth: smallestSize.width,
    minHeight: smallestSize.height,
    show: false,
    title: 'Spicerack',
    icon: places.icon,
    backgroundColor: grounds[nativeTheme.shouldUseDarkColors ? 'dark' : 'light'],
    webPreferences: { preload: places.preload, sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true },
  })
  if (state.isMaximized) window.maximize()
  // A system whose graphics fail at first may never call it ready, and a page that is not shown asks the engine nothing.
  const lateShow = setTimeout(() => {
    log('window: shown, although nothing was drawn yet')
    window.show()
  }, showAfterMs)
  window.once('ready-to-show', () => {
    clearTimeout(lateShow)
    window.show()
    log('window: drawn and shown')
  })
  window.once('closed', () => clearTimeout(lateShow))
  window.webContents.on('will-navigate', (event) => event.preventDefault())
  window.webContents.on('will-attach-webview', (event) => event.preventDefault())
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    log(`page: its process is gone (${reason})`)
    if (reason !== 'clean-exit') window.webContents.reload()
  })
  nativeTheme.on('updated', () => {
    if (!window.isDestroyed()) window.setBackgroundColor(grounds[nativeTheme.shouldUseDarkColors ? 'dark' : 'light'])
  })
  const remember = (): void => {
    state.bounds = window.getNormalBounds()
    state.isMaximized = window.isMaximized()
    writeJsonFile(statePath, state)
  }
  window.on('close', remember)
  void window.loadURL(`${appOrigin}/`)
  return {
    window,
    show() {
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
    },
    setAppearance(appearance) {
      nativeTheme.themeSource = appearance
      state.appearance = appearance
      writeJsonFile(statePath, state)
    },
  }
}

/** The page may copy text. It may do nothing else that asks for permission, and reach nothing but its own origin. */
function forbidEverythingElse(): void {
  const own = session.defaultSession
  const isAllowed = (permission: string): boolean => permission === 'clipboard-sanitized-write'
  own.setPermissionRequestHandler((_contents, permission, answer) => answer(isAllowed(permission)))
  own.setPermissionCheckHandler((_contents, permission) => isAllowed(permission))
  own.webRequest.onBeforeRequest({ urls: ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'file:///*'] }, (_details, answer) =>
    answer({ cancel: true }),
  )
}

function parseState(value: unknown): WindowState {
  const { bounds, isMaximized, appearance } = value as WindowState
  const isWhole = bounds && [bounds.x, bounds.y, bounds.width, bounds.height].every(Number.isFinite)
  return {
    ...(isWhole && { bounds }),
    isMaximized: isMaximized === true,
    appearance: appearances.find((known) => known === appearance) ?? 'system',
  }
}
