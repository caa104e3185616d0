import { Play, Settings } from '@lucide/vue'
import type { Component } from 'vue'
import type { CommandId } from '#shared/commands.ts'

/** The steps of the work, in the order of the rail; `name` is that of the route and of its messages. */
export const railPages = [{ name: 'run', command: 'goRun', icon: Play }] as const satisfies readonly {
  name: string
  command: CommandId
  icon: Component
}[]

export const settingsPage = { name: 'settings', command: 'goSettings', icon: Settings } as const
