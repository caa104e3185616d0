import { onBeforeUnmount, onMounted } from 'vue'

/** Calls `work` again and again, `pauseMs()` after it has ended, while the page is seen; at once when it is seen again. */
export function usePolling(work: () => Promise<void>, pauseMs: () => number): void {
  let timer: number | undefined
  let isOver = false
  const turn = async (): Promise<void> => {
    window.clearTimeout(timer)
    timer = undefined
    if (document.hidden) return
    await work()
    if (!isOver) {
      window.clearTimeout(timer)
      timer = window.setTimeout(turn, pauseMs())
    }
  }
  onMounted(() => {
    document.addEventListener('visibilitychange', turn)
    void turn()
  })
  onBeforeUnmount(() => {
    isOver = true
    document.removeEventListener('visibilitychange', turn)
    window.clearTimeout(timer)
  })
}
