import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { CommandId } from '#shared/commands.ts'
import type { Host, HostAnswer, HostRequest, HostRequestName } from '#shared/host.ts'

// Written out here: a module that is loaded at run time would bring the schemas into the page's process.
const channels: typeof import('#shared/host.ts').hostChannels = {
  request: 'host:request',
  command: 'host:command',
  openProject: 'host:open-project',
}

const ask = <Name extends HostRequestName>(name: Name, request: HostRequest<Name>): Promise<HostAnswer<Name>> =>
  ipcRenderer.invoke(channels.request, name, request)

function listen<Value>(channel: string, listener: (value: Value) => void): () => void {
  const receive = (_event: unknown, value: Value): void => listener(value)
  ipcRenderer.on(channel, receive)
  return () => void ipcRenderer.off(channel, receive)
}

const host: Host = {
  platform: process.platform,
  chooseFolder: (request) => ask('chooseFolder', request),
  chooseFile: (request) => ask('chooseFile', request),
  saveFolder: (request) => ask('saveFolder', request),
  revealInFolder: (request) => ask('revealInFolder', request),
  openLogs: (request) => ask('openLogs', request),
  copyDiagnostics: (request) => ask('copyDiagnostics', request),
  setMenuState: (request) => ask('setMenuState', request),
  setAppearance: (request) => ask('setAppearance', request),
  pathOfDroppedFile: (file) => webUtils.getPathForFile(file as File),
  onCommand: (listener) => listen<CommandId>(channels.command, listener),
  onOpenProject(listener) {
    const end = listen<string>(channels.openProject, listener)
    void ask('startListening', {})
    return end
  },
}

contextBridge.exposeInMainWorld('spicerack', host)
