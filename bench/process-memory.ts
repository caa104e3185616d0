import { readdirSync, readFileSync } from 'node:fs'

/** Resident memory of a process and of all that it started, now, in megabytes; what they share is counted once for each. Linux only. */
export function treeMegabytes(root: number): number {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree.reduce((sum, pid) => sum + residentMegabytes(pid), 0)
}

/** One that ends meanwhile has none. */
function parentOf(pid: string): number | undefined {
  const stat = readProc(`/proc/${pid}/stat`)
  // The name in brackets may hold anything, brackets too.
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

function residentMegabytes(pid: number): number {
  const match = /VmRSS:\s+(\d+)/.exec(readProc(`/proc/${pid}/status`) ?? '')
  return match ? Number(match[1]) / 1024 : 0
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
