import { type BrowserWindow, dialog, type IpcMainInvokeEvent, ipcMain, shell } from 'electron'
import { type HostAnswer, type HostRequest, type HostRequestName, hostChannels, hostRequestSchemas } from '#shared/host.ts'
import { appOrigin } from './app-scheme.ts'

type Answers = {
  readonly [Name in HostRequestName]: (request: HostRequest<Name>) => HostAnswer<Name> | Promise<HostAnswer<Name>>
}

type OwnAnswers = Pick<Answers, 'openLogs' | 'copyDiagnostics' | 'setMenuState' | 'setAppearance' | 'startListening'>

/** Answers what the page asks of the desktop. Only the page itself is answered: no frame in it, no other window. */
export function answerHostRequests(window: BrowserWindow, own: OwnAnswers): void {
  const answers: Answers = {
    ...own,
    async chooseFolder({ title }) {
      const { filePaths } = await dialog.showOpenDialog(window, { title, properties: ['openDirectory', 'createDirectory'] })
      return filePaths[0] ?? null
    },
    async chooseFile({ title, extensions }) {
      const filters = extensions.length > 0 ? [{ name: extensions.map((extension) => `*.${extension}`).join(', '), extensions }] : []
      const { filePaths } = await dialog.showOpenDialog(window, { title, filters, properties: ['openFile'] })
      return filePaths[0] ?? null
    },
    async saveFolder({ title, name }) {
      const { filePath, canceled } = await dialog.showSaveDialog(window, {
        title,
        defaultPath: name,
        properties: ['createDirectory', 'showOverwriteConfirmation'],
      })
      return canceled || filePath === '' ? null : filePath
    },
    revealInFolder({ path }) {
      shell.showItemInFolder(path)
      return undefined
    },
  }
  ipcMain.handle(hostChannels.request, (event, name: unknown, request: unknown) => {
    if (!isFromPage(event, window)) throw new Error('This request does not come from the page.')
    if (typeof name !== 'string' || !Object.hasOwn(answers, name)) throw new Error('There is no such request.')
    const known = name as HostRequestName
    const answer = answers[known] as (request: unknown) => unknown
    return answer(hostRequestSchemas[known].parse(request))
  })
}

function isFromPage(event: IpcMainInvokeEvent, window: BrowserWindow): boolean {
  const frame = event.senderFrame
  return frame !== null && frame === window.webContents.mainFrame && frame.url.startsWith(`${appOrigin}/`)
}
