const maxNameBytes = 255
const reservedOnWindows = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])$/i
const forbiddenOnWindows = /[<>:"/\\|?*]/gu
/** Names that are safe as they are, but for the reserved ones; most are. */
const plain = /^[A-Za-z0-9][\w-]{0,199}(\.[A-Za-z0-9]{1,8})?$/
// The joiner U+200D stays: it holds emoji together.
const invisible = /(?!\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * A name that Windows, macOS and Linux all accept as one file or folder, as close to `name` as can be:
 * Chinese and emoji stay, in Unicode NFC, at most 255 bytes of UTF-8, cut between characters.
 */
export function toSafeName(name: string, maxBytes = maxNameBytes): string {
  if (plain.test(name) && name.length <= maxBytes && !isReserved(name)) return name
  const cleaned = name
    .toWellFormed()
    .normalize('NFC')
    .replace(invisible, '_')
    .replace(forbiddenOnWindows, '_')
    .replace(/^[\s.]+/u, (run) => '_'.repeat(run.trim().length))
    .replace(/[\s.]+$/u, '')
  const { stem, extension } = splitExtension(cleaned)
  const safeStem = `${isReserved(cleaned) ? '_' : ''}${stem}`
  return `${truncate(safeStem, maxBytes - byteLength(extension)) || '_'}${extension}`
}

/**
 * Gives out safe names that differ from each other in one folder also where case, Unicode form or
 * invisible characters do not count (Windows, macOS). A second `a.png` becomes `a-2.png`.
 */
export function createNameRegistry(taken: readonly string[] = []): (name: string) => string {
  const used = new Set(taken.map(toCollisionKey))
  const nextNumber = new Map<string, number>()
  return (name) => {
    const safe = toSafeName(name)
    const safeKey = toCollisionKey(safe)
    let candidate = safe
    for (let number = nextNumber.get(safeKey) ?? 2; used.has(toCollisionKey(candidate)); number++) {
      const { stem, extension } = splitExtension(safe)
      const tail = `-${number}${extension}`
      candidate = `${truncate(stem, maxNameBytes - byteLength(tail))}${tail}`
      nextNumber.set(safeKey, number + 1)
    }
    used.add(toCollisionKey(candidate))
    return candidate
  }
}

function isReserved(name: string): boolean {
  return reservedOnWindows.test(name.split('.')[0]?.trimEnd() ?? '')
}

function toCollisionKey(name: string): string {
  if (plain.test(name)) return name.toLowerCase()
  return name
    .normalize('NFC')
    .replace(/\p{Cf}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC')
}

function splitExtension(name: string): { stem: string; extension: string } {
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(name)?.[0] ?? ''
  return extension === '' || extension.length === name.length
    ? { stem: name, extension: '' }
    : { stem: name.slice(0, -extension.length), extension }
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}

function truncate(text: string, maxBytes: number): string {
  if (byteLength(text) <= maxBytes) return text
  let kept = ''
  let bytes = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    bytes += byteLength(segment)
    if (bytes > maxBytes) break
    kept += segment
  }
  return kept.replace(/[\s.]+$/u, '')
}
