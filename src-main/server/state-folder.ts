import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where the program keeps what is its own and not of a project: the list of recent projects, logs, the sample project. */
export function stateFolder(): string {
  if (process.env.SPICERACK_STATE) return process.env.SPICERACK_STATE
  switch (process.platform) {
    case 'darwin':
      return join(homedir(), 'Library', 'Application Support', 'Spicerack')
    case 'win32':
      return join(process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'Spicerack')
    default:
      return join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'spicerack')
  }
}
