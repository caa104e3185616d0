import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowReactive, type WatchSource, watch } from 'vue'
import { type CommandId, commandFacts, commandIds } from '#shared/commands.ts'
import { readJson, writeJson } from './browser-storage.ts'

/** What a mounted part of the page does for a command. The last one registered answers first. */
export interface CommandHandler {
  run: () => unknown
  /** Whether it can be done now; always when left out. */
  isEnabled?: () => boolean
}

type Bindings = Partial<Record<CommandId, readonly string[]>>

/** Who does which command now, and on which keys. */
export const useCommandsStore = defineStore('commands', () => {
  const handlers = shallowReactive(new Map<CommandId, readonly CommandHandler[]>())
  const changedKeys = reactive<Bindings>(readJson<Bindings>('keys') ?? {})
  /** Single keys go here first while a part of the page gives classes by key; it says whether it took the key. */
  const classKeyTakers = shallowReactive<((key: string) => boolean)[]>([])
  const isPaletteOpen = ref(false)
  const isKeySheetOpen = ref(false)
  watch(changedKeys as unknown as WatchSource, () => writeJson('keys', changedKeys), { deep: true })

  const idOfChord = computed(() => {
    const ids = new Map<string, CommandId[]>()
    for (const id of commandIds) for (const chord of keysOf(id)) ids.set(chord, [...(ids.get(chord) ?? []), id])
    return ids
  })

  function register(id: CommandId, handler: CommandHandler): () => void {
    handlers.set(id, [...(handlers.get(id) ?? []), handler])
    return () => {
      handlers.set(
        id,
        (handlers.get(id) ?? []).filter((other) => other !== handler),
      )
    }
  }

  function keysOf(id: CommandId): readonly string[] {
    return changedKeys[id] ?? commandFacts(id).keys
  }

  function handlerOf(id: CommandId): CommandHandler | undefined {
    return handlers.get(id)?.findLast(({ isEnabled }) => isEnabled?.() ?? true)
  }

  /** Does the command; false where nothing on the page can do it now. */
  function run(id: CommandId): boolean {
    const handler = handlerOf(id)
    if (!handler) return false
    void handler.run()
    return true
  }

  function takeClassKeys(take: (key: string) => boolean): () => void {
    classKeyTakers.push(take)
    return () => {
      classKeyTakers.splice(classKeyTakers.indexOf(take), 1)
    }
  }

  /** Does what a chord stands for; false where it stands for nothing that can be done now. */
  function runChord(chord: string): boolean {
    if (chord.length === 1 && classKeyTakers.at(-1)?.(chord.toLowerCase())) return true
    return (idOfChord.value.get(chord) ?? []).some((id) => run(id))
  }

  /** Gives a command other keys; a chord that another command has is taken from it. `undefined`: the default again. */
  function bind(id: CommandId, keys: readonly string[] | undefined): void {
    if (keys === undefined) delete changedKeys[id]
    else {
      for (const other of commandIds) {
        if (other !== id && keysOf(other).some((chord) => keys.includes(chord)))
          changedKeys[other] = keysOf(other).filter((chord) => !keys.includes(chord))
      }
      changedKeys[id] = [...keys]
    }
  }

  const isChanged = (id: CommandId): boolean => changedKeys[id] !== undefined
  const canRun = (id: CommandId): boolean => handlerOf(id) !== undefined
  const resetKeys = (): void => {
    for (const id of commandIds) delete changedKeys[id]
  }

  return { isPaletteOpen, isKeySheetOpen, register, takeClassKeys, keysOf, run, runChord, bind, isChanged, canRun, resetKeys }
})
