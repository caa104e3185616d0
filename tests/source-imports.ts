import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const repositoryRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/** One import of a source file. An `import type` (or a type's `import()`) is gone at run time; everything else loads what it names. */
export type SourceImport = Readonly<{ specifier: string; isTypeOnly: boolean; isLazy: boolean }>

/** Every import of a TypeScript source: static, re-exported, dynamic, of a type, and `require`. A .vue file gives its scripts. */
export function readImports(path: string, text: string): SourceImport[] {
  const script = path.endsWith('.vue') ? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1]).join('\n') : text
  const found: SourceImport[] = []
  const add = (node: ts.Node | undefined, isTypeOnly: boolean, isLazy: boolean): void => {
    if (node && ts.isStringLiteralLike(node)) found.push({ specifier: node.text, isTypeOnly, isLazy })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword, false)
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly, false)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true, false)
    else if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || isRequire(node.expression)))
      add(node.arguments[0], false, true)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, script, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS))
  return found
}

/** `require(…)` and `require.resolve(…)`, also as `createRequire(…).resolve(…)`. */
function isRequire(expression: ts.Expression): boolean {
  if (ts.isIdentifier(expression)) return expression.text === 'require'
  if (!ts.isPropertyAccessExpression(expression) || expression.name.text !== 'resolve') return false
  return /^(require|createRequire\(.*\))$/s.test(expression.expression.getText())
}

const aliases: readonly (readonly [string, string])[] = [
  ['#shared/', 'src-shared/'],
  ['#engine/', 'src-main/engine/'],
  ['#main/', 'src-main/'],
]

/** What an import names: a file of this repository (path from the root), a package, or a module of Node itself. */
export type ImportTarget = Readonly<{ file: string } | { package: string } | { node: string }>

export function resolveImport(importer: string, specifier: string): ImportTarget {
  const [plain = specifier] = specifier.split('?')
  if (plain.startsWith('.')) return { file: posix.normalize(posix.join(posix.dirname(importer), plain)) }
  for (const [alias, folder] of aliases) if (plain.startsWith(alias)) return { file: posix.join(folder, plain.slice(alias.length)) }
  if (plain.startsWith('node:')) return { node: plain }
  return { package: plain.split('/', plain.startsWith('@') ? 2 : 1).join('/') }
}

/** Paths from the root (with `/`) of all sources below these folders. */
export function sourceFiles(folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) =>
      existsSync(join(repositoryRoot, folder))
        ? readdirSync(join(repositoryRoot, folder), { recursive: true }).map((name) => join(folder, String(name)))
        : [],
    )
    .filter((path) => /\.(ts|mjs|vue)$/.test(path) && statSync(join(repositoryRoot, path)).isFile())
    .map((path) => relative('.', path).split(sep).join('/'))
}

export function readSource(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8')
}

/**
 * The shortest chain of files from `entry` to one that loads a module for which `isWanted` holds, ending with that module; undefined
 * when importing the entry loads none. Types and lazy imports load nothing.
 */
export function importChain(
  entry: string,
  isWanted: (target: ImportTarget) => boolean,
  read: (path: string) => string = readSource,
): string[] | undefined {
  const chains: string[][] = [[entry]]
  const seen = new Set([entry])
  for (const chain of chains) {
    const file = chain.at(-1) as string
    for (const { specifier, isTypeOnly, isLazy } of readImports(file, read(file))) {
      if (isTypeOnly || isLazy) continue
      const target = resolveImport(file, specifier)
      if (isWanted(target)) return [...chain, specifier]
      if (!('file' in target) || seen.has(target.file) || !/\.(ts|mjs)$/.test(target.file)) continue
      seen.add(target.file)
      chains.push([...chain, target.file])
    }
  }
  return undefined
}
