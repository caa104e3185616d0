/** What a package carries beside Electron: the engine's sources, the packages that they load, and the Node that runs them. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { node24Path, root } from './node-24.mjs'

/** Dependencies of the page, which is built, and of the command line, which is not in the package. */
const notOfEngine = ['@lucide/vue', 'cli-progress', 'commander', 'pinia', 'reka-ui', 'vue', 'vue-i18n', 'vue-router']

/** What the button for sample images opens, and its credits. */
const samples = ['photos', 'CREDITS.photos.csv', 'LICENSES.photos.md'].map((name) => `resources/samples/${name}`)

/** Puts `engine/` and `node/` in this folder, for the system that this runs on: native modules are those of this machine. */
export function stageEngine(folder) {
  rmSync(folder, { recursive: true, force: true })
  const engine = join(folder, 'engine')
  for (const path of ['src-main/engine', 'src-main/server', 'src-shared', 'resources/weights', ...samples])
    cpSync(join(root, path), join(engine, path), { recursive: true })
  const { name, version, license, type, imports, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(engine, 'package.json'), JSON.stringify({ name, version, license, type, imports }, undefined, 2))
  const names = [...Object.keys(dependencies).filter((dependency) => !notOfEngine.includes(dependency)), 'onnxruntime-node']
  for (const path of installedClosure(names)) cpSync(join(root, path), join(engine, path), { recursive: true, filter: isNeeded })
  const node = node24Path()
  mkdirSync(join(folder, 'node'))
  cpSync(node, join(folder, 'node', basename(node)), { dereference: true })
  const licence = join(dirname(dirname(node)), 'LICENSE')
  if (existsSync(licence)) cpSync(licence, join(folder, 'node', 'LICENSE'))
}

/** Folders of these packages and of all that they need, as the lock file places them and as far as they are installed here. */
function installedClosure(names) {
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const found = new Set()
  const visit = (name, from) => {
    const path = [...parents(from), ''].map((parent) => `${parent}node_modules/${name}`).find((candidate) => locked[candidate])
    if (path === undefined || found.has(path) || !existsSync(join(root, path))) return
    found.add(path)
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = locked[path]
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) visit(needed, `${path}/`)
  }
  for (const name of names) visit(name, '')
  // A package brings what lies inside it along.
  return [...found].filter((path) => ![...found].some((other) => path.startsWith(`${other}/`)))
}

/** `a/node_modules/b/` -> itself and `a/`. */
function parents(path) {
  const all = []
  for (let rest = path; rest !== ''; rest = rest.slice(0, Math.max(0, rest.lastIndexOf('node_modules/')))) all.push(rest)
  return all
}

function isNeeded(path) {
  // ONNX Runtime brings its library for all systems.
  const [, platform, processor] = path.match(/onnxruntime-node[\\/]bin[\\/]napi-v3[\\/](\w+)(?:[\\/](\w+))?/) ?? []
  if ((platform && platform !== process.platform) || (processor && processor !== process.arch)) return false
  return !/\.(map|md|markdown)$|\.d\.[cm]?ts$|[\\/]node_modules[\\/]\.bin$/.test(path)
}
