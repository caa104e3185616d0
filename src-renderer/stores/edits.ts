import { defineStore } from 'pinia'
import type { Edit } from '#shared/entities.ts'
import { engineClient } from '../client/engine-client.ts'
import { i18n } from '../locales/i18n.ts'
import { useEngineStore } from './engine.ts'
import { useNoticesStore } from './notices.ts'

/** Corrections: each is one act of the engine's log, said in passing with its undo. */
export const useEditsStore = defineStore('edits', () => {
  const engine = useEngineStore()
  const notices = useNoticesStore()
  const { t } = i18n.global

  /** Does one correction; `text` says what was done. Undefined when it failed, which was said. */
  async function apply<Value>(text: string, work: () => Promise<Value>): Promise<Value | undefined> {
    const result = await notices.attempt(work)
    if (result === undefined) return undefined
    engine.touch()
    notices.done(text, { title: t('commands.undo'), run: undo })
    return result
  }

  /** Gives what was undone; undefined when nothing was, which was said. */
  async function undo(): Promise<readonly Edit[] | undefined> {
    const result = await notices.attempt(() => engineClient.edits.undo())
    if (!result) return undefined
    engine.touch()
    notices.done(t('edits.undone', { act: nameOf(result.edits) }), { title: t('commands.redo'), run: redo })
    return result.edits
  }

  async function redo(): Promise<void> {
    const result = await notices.attempt(() => engineClient.edits.redo())
    if (!result) return
    engine.touch()
    notices.done(t('edits.redone', { act: nameOf(result.edits) }), { title: t('commands.undo'), run: undo })
  }

  function nameOf(edits: readonly { kind: string }[]): string {
    const kind = edits[0]?.kind
    return kind === undefined ? '' : t(`edits.kinds.${kind}`)
  }

  return { apply, undo, redo }
})
