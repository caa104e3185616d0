import type { Message } from '#shared/said.ts'
import type { BackendChoice } from '#shared/worker-protocol.ts'

export type ProviderName = Exclude<BackendChoice, 'auto'>

/** One way to get a compute backend. */
export interface Provider {
  readonly name: ProviderName
  readonly title: string
  /**
   * Loads the backend into this thread and makes it the current one of TensorFlow.js.
   * Throws BACKEND_UNAVAILABLE with the reason when it cannot.
   */
  load(): Promise<LoadedDevice>
}

/** What a provider found. */
export type LoadedDevice = Readonly<{
  /** What it computes on, for a person. */
  device: string
  /** Set when the provider works but something later in the order is faster, so that `auto` passes it by. */
  slowReason?: Message
}>
