import { mkdir } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { openZip, type ZipArchive, type ZipEntry } from './zip-archive.ts'

type UnpackOptions = Readonly<{
  wheelPath: string
  targetFolder: string
  /** Which of the wheel's files to unpack. */
  wanted: (name: string) => boolean
  signal?: AbortSignal | undefined
  onProgress?: (doneBytes: number, totalBytes: number) => void
}>

/**
 * Unpacks files of a Python wheel in the wheel's own layout, each checked against the hash in the wheel's RECORD.
 * Throws a plain Error when the wheel is cut off, a hash differs, or nothing is wanted. Returns the names unpacked.
 */
export async function unpackWheel({ wheelPath, targetFolder, wanted, signal, onProgress }: UnpackOptions): Promise<string[]> {
  const zip = await openZip(wheelPath)
  try {
    const hashes = await readRecord(zip)
    const entries = [...zip.entries.values()].filter((entry) => !entry.name.endsWith('/') && wanted(entry.name))
    if (entries.length === 0) throw new Error('The wheel holds none of the files needed.')
    const totalBytes = entries.reduce((sum, entry) => sum + entry.size, 0)
    let doneBytes = 0
    for (const entry of entries) {
      signal?.throwIfAborted()
      const path = safePath(targetFolder, entry.name)
      await mkdir(dirname(path), { recursive: true })
      const onBytes = (byteCount: number): void => {
        doneBytes += byteCount
        onProgress?.(doneBytes, totalBytes)
      }
      if (hashes.get(entry.name) !== (await zip.extract(entry, path, { signal, onBytes })))
        throw new Error(`${entry.name}: its bytes do not match the hash that the wheel records.`)
    }
    return entries.map((entry) => entry.name)
  } finally {
    await zip.close()
  }
}

/** What the wheel says it needs for one of its extras: `name` and version range, as pip takes them. */
export async function extraRequirements(wheelPath: string, extra: string): Promise<string[]> {
  const zip = await openZip(wheelPath)
  try {
    const metadata = await zip.readText(infoFile(zip, 'METADATA'))
    return [...metadata.matchAll(/^Requires-Dist: ([^;\n]+); extra == "([^"]+)"\s*$/gm)]
      .filter((match) => match[2] === extra)
      .map((match) => (match[1] ?? '').trim())
  } finally {
    await zip.close()
  }
}

function infoFile(zip: ZipArchive, name: string): ZipEntry {
  const entry = [...zip.entries.values()].find((each) => each.name.endsWith(`.dist-info/${name}`))
  if (!entry) throw new Error(`The wheel has no ${name}.`)
  return entry
}

/** SHA-256 (unpadded base64url) of each file, from the wheel's RECORD. */
async function readRecord(zip: ZipArchive): Promise<Map<string, string>> {
  const record = await zip.readText(infoFile(zip, 'RECORD'))
  const hashes = new Map<string, string>()
  for (const line of record.split('\n')) {
    const match = /^"?(.+?)"?,sha256=([\w-]+),\d*\s*$/.exec(line)
    if (match?.[1] && match[2]) hashes.set(match[1], match[2])
  }
  return hashes
}

function safePath(folder: string, name: string): string {
  const path = normalize(join(folder, name))
  if (!path.startsWith(normalize(folder) + sep)) throw new Error(`${name} points outside the folder.`)
  return path
}
