import { defineStore } from 'pinia'
import { ref } from 'vue'
import { toErrorData } from '#shared/errors.ts'
import { problemWords } from '../composables/said.ts'

/** What the page says in passing: what was done, with the one act that answers it, or what went wrong. */
export type Notice = Readonly<{
  id: number
  kind: 'done' | 'problem'
  text: string
  advice?: string | undefined
  act?: Readonly<{ title: string; run: () => unknown }> | undefined
}>

const doneLifeMs = 6000

export const useNoticesStore = defineStore('notices', () => {
  const notices = ref<Notice[]>([])
  let lastId = 0

  function add(notice: Omit<Notice, 'id'>): void {
    lastId += 1
    const id = lastId
    // The same problem said twice stays one; older news make room.
    notices.value = [...notices.value.filter(({ kind, text }) => kind === 'problem' && text !== notice.text), { ...notice, id }].slice(-3)
    if (notice.kind === 'done') window.setTimeout(() => dismiss(id), doneLifeMs)
  }

  function dismiss(id: number): void {
    notices.value = notices.value.filter((notice) => notice.id !== id)
  }

  /** Does something that may fail; undefined, with a notice, when it did. */
  async function attempt<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await work()
    } catch (error) {
      const { message, advice } = problemWords(toErrorData(error))
      add({ kind: 'problem', text: message, advice })
      return undefined
    }
  }

  const done = (text: string, act?: Notice['act']): void => add({ kind: 'done', text, act })

  return { notices, done, dismiss, attempt }
})
