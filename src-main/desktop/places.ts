import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { app } from 'electron'

/** Where the parts of the app lie: in a package beside the archive, else in the checkout. */
export interface Places {
  /** Node 24, which runs the engine. */
  readonly node: string
  readonly engineEntry: string
  /** The built page. */
  readonly page: string
  readonly preload: string
  readonly icon: string
}

export function findPlaces(): Places {
  const root = app.getAppPath()
  const nodeName = process.platform === 'win32' ? 'node.exe' : 'node'
  const engine = app.isPackaged ? join(process.resourcesPath, 'engine') : root
  return {
    node: app.isPackaged ? join(process.resourcesPath, 'node', nodeName) : nodeOfCheckout(nodeName),
    engineEntry: join(engine, 'src-main', 'server', 'engine-command.ts'),
    page: join(root, 'dist', 'renderer'),
    preload: join(root, 'dist', 'preload', 'preload.cjs'),
    icon: join(root, 'resources', 'icons', 'icon.png'),
  }
}

/** `npm start` says which Node it found. */
function nodeOfCheckout(name: string): string {
  const told = process.env.SPICERACK_NODE
  return told !== undefined && existsSync(told) ? told : name
}
