import type { Host } from '#shared/host.ts'

declare global {
  interface Window {
    /** Given by the desktop window; not there in a browser. */
    readonly spicerack?: Host
  }
}

/** What the window around this page can do; undefined in a browser. */
export const host: Host | undefined = window.spicerack
