/** The value after `--name` on the command line. */
export function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback)
}

/** Whether `--name` is on the command line. */
export function isGiven(name: string): boolean {
  return process.argv.includes(`--${name}`)
}
