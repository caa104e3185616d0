/**
 * Runs `work` while this process alone holds the lock file `path`; waits for another holder, and takes over from a dead one.
 * `onWait` is called once when there is a holder to wait for.
 */
export function withFileLock<T>(path: string, work: () => Promise<T>, options?: FileLockOptions): Promise<T>

export type FileLockOptions = Readonly<{ onWait?: (processId: number) => void; signal?: AbortSignal | undefined; retryMs?: number }>
