import { chmod, mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { downloadWheel } from './download-wheel.ts'
import { runProgram } from './run-program.ts'
import { addonPackageFolder, type TensorFlowBuild } from './tensorflow-build.ts'
import { unpackWheel } from './wheel.ts'

type CompileOptions = Readonly<{
  build: TensorFlowBuild
  /** Holds `tensorflow/` with the libraries and headers; gets `tfjs_binding.node`. */
  folder: string
  signal?: AbortSignal | undefined
}>

type Compiler = Readonly<{ program: string; args: readonly string[]; environment?: NodeJS.ProcessEnv }>

/**
 * Compiles the addon of tfjs-node against the unpacked libraries; returns the name of the compiler used.
 * Takes the system's C++ compiler, else downloads zig. Throws BACKEND_UNAVAILABLE when neither works.
 */
export async function compileAddon({ build, folder, signal }: CompileOptions): Promise<string> {
  const failures: string[] = []
  for (const program of [process.env.CXX, 'c++', 'g++', 'clang++']) {
    if (!program) continue
    const failure = await tryCompile({ program, args: [] }, folder, signal)
    if (failure === undefined) return program
    failures.push(`${program}: ${failure}`)
  }
  const zig = await installZig(build, folder, signal)
  const failure = await tryCompile(zig, folder, signal)
  if (failure === undefined) return 'zig c++'
  throw new SpicerackError('BACKEND_UNAVAILABLE', say('addonNotCompiled', { detail: [...failures, `zig c++: ${failure}`].join('; ') }), {
    advice: say('installCompiler'),
  })
}

/** Undefined when it compiled, else why it did not. */
async function tryCompile(compiler: Compiler, folder: string, signal?: AbortSignal): Promise<string | undefined> {
  const source = addonPackageFolder()
  const nodeHeaders = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include')
  const libraries = join(folder, 'tensorflow')
  const args = [
    ...['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
    // The sources include "../…" relative to this folder.
    ...['-I', dirname(source), '-I', join(libraries, 'include'), '-I', nodeHeaders],
    ...[join(source, 'binding', 'tfjs_backend.cc'), join(source, 'binding', 'tfjs_binding.cc'), '-o', join(folder, 'tfjs_binding.node')],
    ...[join(libraries, 'libtensorflow_cc.so.2'), join(libraries, 'libtensorflow_framework.so.2'), '-Wl,-rpath,$ORIGIN/tensorflow'],
  ]
  const { exitCode, output } = await runProgram(compiler.program, [...compiler.args, ...args], {
    signal,
    environment: compiler.environment ?? {},
  })
  if (exitCode === 0) return undefined
  if (exitCode === 127) return 'not installed'
  return (
    output
      .split('\n')
      .find((line) => /error/i.test(line))
      ?.trim() ?? `exit code ${exitCode}`
  )
}

async function installZig(build: TensorFlowBuild, folder: string, signal?: AbortSignal): Promise<Compiler> {
  const zigFolder = join(folder, 'zig')
  await mkdir(zigFolder, { recursive: true })
  const wheelPath = await downloadWheel({
    requirement: 'ziglang==0.13.0',
    platformTags: [...build.platformTags, ...olderTags()],
    folder: zigFolder,
    signal,
  })
  await unpackWheel({ wheelPath, targetFolder: zigFolder, wanted: (name) => name.startsWith('ziglang/'), signal })
  const program = join(zigFolder, 'ziglang', 'zig')
  await chmod(program, 0o755)
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  return {
    program,
    args: ['c++', '-target', `${machine}-linux-gnu.2.28`],
    environment: { ZIG_GLOBAL_CACHE_DIR: join(zigFolder, 'cache'), ZIG_LOCAL_CACHE_DIR: join(zigFolder, 'cache') },
  }
}

function olderTags(): string[] {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  return [`manylinux_2_12_${machine}`, `manylinux2010_${machine}`, `manylinux_2_5_${machine}`, `manylinux1_${machine}`, `linux_${machine}`]
}
