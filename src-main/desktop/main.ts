import { dirname, join } from 'node:path'
import { app, clipboard, shell } from 'electron'
import { createEngineClient } from '#shared/contract/client.ts'
import { hostChannels, type MenuState } from '#shared/host.ts'
import { showMenu } from './app-menu.ts'
import { registerAppScheme, serveApp } from './app-scheme.ts'
import { describeDiagnostics } from './diagnostics.ts'
import { startEngineProcess } from './engine-process.ts'
import { answerHostRequests } from './host-requests.ts'
import { createJobSigns } from './job-signs.ts'
import { watchJobs } from './job-watch.ts'
import { openLogFile } from './log-file.ts'
import { openMainWindow } from './main-window.ts'
import { findPlaces } from './places.ts'
import { findProjectArgument } from './project-argument.ts'
import { mayQuit } from './quit-question.ts'
import { followRecentProjects } from './recent-projects.ts'
import { reopenProject } from './reopen-project.ts'
import { wordsOf } from './words.ts'

/** Projects asked for before there is a page to open them. */
const wanted: string[] = []
let openProject = (path: string): void => void wanted.push(path)
let showWindow = (): void => undefined

if (app.requestSingleInstanceLock()) {
  registerAppScheme()
  const first = findProjectArgument(process.argv.slice(1), process.cwd())
  if (first !== undefined) wanted.push(first)
  app.on('open-file', (event, path) => {
    event.preventDefault()
    openProject(path)
  })
  app.on('second-instance', (_event, args, workingFolder) => {
    showWindow()
    const path = findProjectArgument(args.slice(1), workingFolder)
    if (path !== undefined) openProject(path)
  })
  void app.whenReady().then(start)
} else app.quit()

function start(): void {
  const places = findPlaces()
  const userFile = (...names: string[]): string => join(app.getPath('userData'), ...names)
  const log = openLogFile(userFile('logs', 'spicerack.log'))
  let menuState: MenuState | undefined
  let words = wordsOf(app.getPreferredSystemLanguages()[0] ?? app.getLocale())
  let projectPath: string | undefined
  let hasQuestion = false
  let mayEnd = false

  const engine = startEngineProcess({
    node: places.node,
    entry: places.engineEntry,
    compileCache: userFile('compiled'),
    log: log.write,
    // A new engine has no project open: it gets the one that the lost engine had.
    async prepare(carry, isRestart) {
      if (isRestart && projectPath !== undefined) await reopenProject(createEngineClient(carry), projectPath, log.write)
      setImmediate(() => {
        void watch.look()
        void recent.look()
      })
    },
  })
  const client = createEngineClient(engine.handle)
  serveApp({
    staticFolder: places.page,
    async handle(request) {
      const response = await engine.handle(request)
      if (/^\/rpc\/(project|recentProjects)\//.test(new URL(request.url).pathname)) void watch.look()
      return response
    },
  })
  const { window, show, setAppearance } = openMainWindow({ places, statePath: userFile('window.json'), log: log.write })
  const signs = createJobSigns({ window, show })
  const watch = watchJobs({
    client,
    onView(view) {
      signs.show(view)
      if (!view.status) return
      const path = view.status.project?.path
      if (path !== undefined && path !== projectPath) void recent.look()
      projectPath = path
    },
    onEnd: (job) => signs.tellEnd(job, words),
  })

  const recent = followRecentProjects(client, () => rebuildMenu())
  const openLogs = (): void => {
    void shell.openPath(dirname(log.path))
  }
  const copyDiagnostics = (): void => {
    void clipboard.writeText(describeDiagnostics(watch.view(), log.path))
  }
  const rebuildMenu = (): void =>
    showMenu({
      words,
      state: menuState,
      recent: recent.list(),
      hasDeveloperTools: !app.isPackaged,
      run: (id) => window.webContents.send(hostChannels.command, id),
      openProject: (path) => openProject(path),
      openLogs,
      copyDiagnostics,
    })

  answerHostRequests(window, {
    openLogs: () => void openLogs(),
    copyDiagnostics: () => void copyDiagnostics(),
    setAppearance: ({ appearance }) => void setAppearance(appearance),
    setMenuState(state) {
      menuState = state
      words = wordsOf(state.locale)
      rebuildMenu()
      return undefined
    },
    startListening() {
      openProject = (path) => window.webContents.send(hostChannels.openProject, path)
      for (const path of wanted.splice(0)) openProject(path)
      return undefined
    },
  })
  showWindow = show
  rebuildMenu()

  const quit = async (isAsking: boolean): Promise<void> => {
    if (hasQuestion) return
    hasQuestion = true
    const { job } = await watch.look()
    if (isAsking && !(await mayQuit({ window, words, job, client }))) {
      hasQuestion = false
      return
    }
    watch.stop()
    window.hide()
    await engine.stop()
    mayEnd = true
    app.quit()
  }
  app.on('before-quit', (event) => {
    if (mayEnd) return
    event.preventDefault()
    void quit(true)
  })
  window.on('close', (event) => {
    if (mayEnd) return
    event.preventDefault()
    if (process.platform === 'darwin') window.hide()
    else void quit(true)
  })
  app.on('activate', show)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void quit(false))
}
