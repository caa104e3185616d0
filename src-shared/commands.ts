/** Where a command stands in the native menu; also how palette and key sheet group it. */
export const commandGroups = ['file', 'edit', 'go', 'selection', 'view', 'work', 'help'] as const
export type CommandGroup = (typeof commandGroups)[number]

type CommandFacts = Readonly<{
  group: CommandGroup
  /** Default keys, as `Mod+Shift+Z`; `Mod` is Command on macOS and Control elsewhere. Single characters stand for themselves. */
  keys: readonly string[]
  /** Stands in the native menu of the desktop. */
  inMenu?: true
}>

/**
 * Every command of the app, in the order of menus: one list for native menu, palette, tooltips, key sheet and rebinding. Its title is
 * the message `commands.ID`. What a command does is registered by the part of the page that can do it.
 */
export const commands = {
  openProject: { group: 'file', keys: ['Mod+O'], inMenu: true },
  newProject: { group: 'file', keys: ['Mod+N'], inMenu: true },
  addImages: { group: 'file', keys: ['Mod+Shift+I'], inMenu: true },
  closeProject: { group: 'file', keys: ['Mod+Shift+W'], inMenu: true },

  undo: { group: 'edit', keys: ['Mod+Z'], inMenu: true },
  redo: { group: 'edit', keys: ['Mod+Shift+Z', 'Mod+Y'], inMenu: true },
  selectAll: { group: 'edit', keys: ['Mod+A'], inMenu: true },
  clearSelection: { group: 'edit', keys: ['Escape'] },
  find: { group: 'edit', keys: ['/'], inMenu: true },

  goStart: { group: 'go', keys: ['Mod+0'], inMenu: true },
  goImport: { group: 'go', keys: ['Mod+1'], inMenu: true },
  goRun: { group: 'go', keys: ['Mod+2'], inMenu: true },
  goClusters: { group: 'go', keys: ['Mod+3'], inMenu: true },
  goMap: { group: 'go', keys: ['Mod+4'], inMenu: true },
  goAlign: { group: 'go', keys: ['Mod+5'], inMenu: true },
  goReview: { group: 'go', keys: ['Mod+6'], inMenu: true },
  goExport: { group: 'go', keys: ['Mod+7'], inMenu: true },
  goDiff: { group: 'go', keys: ['Mod+8'], inMenu: true },
  goSettings: { group: 'go', keys: ['Mod+,'], inMenu: true },
  goCompute: { group: 'go', keys: [] },

  openImage: { group: 'selection', keys: ['Space'] },
  findSimilar: { group: 'selection', keys: ['N'], inMenu: true },
  accept: { group: 'selection', keys: ['Enter'] },
  skip: { group: 'selection', keys: ['ArrowRight'] },
  back: { group: 'selection', keys: ['ArrowLeft', 'Backspace'] },
  moveTo: { group: 'selection', keys: ['V'], inMenu: true },
  merge: { group: 'selection', keys: ['M'], inMenu: true },
  split: { group: 'selection', keys: ['S'], inMenu: true },
  newCluster: { group: 'selection', keys: ['C'], inMenu: true },
  rename: { group: 'selection', keys: ['F2'], inMenu: true },
  reject: { group: 'selection', keys: ['X'], inMenu: true },
  takeBack: { group: 'selection', keys: ['Shift+X'], inMenu: true },
  revealFile: { group: 'selection', keys: [], inMenu: true },

  showGrid: { group: 'view', keys: ['G'], inMenu: true },
  showMap: { group: 'view', keys: ['P'], inMenu: true },
  lasso: { group: 'view', keys: ['L'] },
  zoomIn: { group: 'view', keys: ['+', '='], inMenu: true },
  zoomOut: { group: 'view', keys: ['-'], inMenu: true },
  zoomToAll: { group: 'view', keys: ['0'], inMenu: true },
  zoomToSelection: { group: 'view', keys: ['Z'], inMenu: true },
  toggleRail: { group: 'view', keys: ['['], inMenu: true },
  toggleInspector: { group: 'view', keys: [']'], inMenu: true },
  toggleTheme: { group: 'view', keys: [] },

  startRun: { group: 'work', keys: ['Mod+Enter'], inMenu: true },
  pauseOrResume: { group: 'work', keys: ['Mod+.'], inMenu: true },

  palette: { group: 'help', keys: ['Mod+K'], inMenu: true },
  keySheet: { group: 'help', keys: ['?'], inMenu: true },
} as const satisfies Record<string, CommandFacts>

export type CommandId = keyof typeof commands
export const commandIds = Object.keys(commands) as readonly CommandId[]

/** The facts of a command, with its default keys. */
export function commandFacts(id: CommandId): CommandFacts {
  return commands[id]
}
