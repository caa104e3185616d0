const prefix = 'spicerack.'

/** What this browser keeps under a name; undefined where nothing is kept, or nothing that can be read. */
export function readJson<Value>(name: string): Value | undefined {
  try {
    const text = localStorage.getItem(prefix + name)
    return text === null ? undefined : (JSON.parse(text) as Value)
  } catch {
    return undefined
  }
}

/** A browser may refuse storage; then nothing is remembered, and nothing else depends on it. */
export function writeJson(name: string, value: unknown): void {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value))
  } catch {
    // Not remembered.
  }
}
