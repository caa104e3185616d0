import { Download, FolderInput, GitCompareArrows, Grid3x3, ListChecks, Map as MapIcon, Play, Settings, Tags } from '@lucide/vue'
import type { Component } from 'vue'
import type { CommandId } from '#shared/commands.ts'

type RailPage = Readonly<{ name: string; command: CommandId; icon: Component }>

/** The steps of the work, in the order of the rail; `name` is that of the route and of its messages. */
export const railPages = [
  { name: 'import', command: 'goImport', icon: FolderInput },
  { name: 'run', command: 'goRun', icon: Play },
  { name: 'clusters', command: 'goClusters', icon: Grid3x3 },
  { name: 'map', command: 'goMap', icon: MapIcon },
  { name: 'align', command: 'goAlign', icon: Tags },
  { name: 'review', command: 'goReview', icon: ListChecks },
  { name: 'diff', command: 'goDiff', icon: GitCompareArrows },
  { name: 'export', command: 'goExport', icon: Download },
] as const satisfies readonly RailPage[]

export const settingsPage = { name: 'settings', command: 'goSettings', icon: Settings } as const satisfies RailPage
