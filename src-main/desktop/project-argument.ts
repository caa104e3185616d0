import { basename, dirname, resolve } from 'node:path'

const ending = '.spicerack'

/** The project among the arguments of a start, as an absolute path; also when a file inside a project is named. */
export function findProjectArgument(args: readonly string[], workingFolder: string): string | undefined {
  for (const argument of args) {
    if (argument.startsWith('-')) continue
    const path = resolve(workingFolder, argument)
    if (basename(path).endsWith(ending)) return path
    if (dirname(path).endsWith(ending)) return dirname(path)
  }
  return undefined
}
