import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { crc32, deflateRawSync } from 'node:zlib'

/** The bytes of a zip archive with these files, deflated or stored in turn, so that both ways are read. */
export function zipBytes(files: Readonly<Record<string, string | Buffer>>): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [index, [name, content]] of Object.entries(files).entries()) {
    const bytes = Buffer.from(content)
    const isDeflated = index % 2 === 0
    const packed = isDeflated ? deflateRawSync(bytes) : bytes
    const nameBytes = Buffer.from(name)
    // Version, flags (UTF-8 names), method, time, date, checksum, sizes, length of the name, length of the extra field.
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(0x800, 2)
    shared.writeUInt16LE(isDeflated ? 8 : 0, 4)
    shared.writeUInt32LE(crc32(bytes), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(bytes.length, 18)
    shared.writeUInt16LE(nameBytes.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, nameBytes, packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), shared, rest, nameBytes]))
    locals.push(local)
    offset += local.length
  }
  const directoryBytes = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(directoryBytes.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directoryBytes, end])
}

/** Writes a Python wheel with these files; its RECORD holds their hashes, except for those given in `recorded`. */
export function writeWheel(
  path: string,
  files: Readonly<Record<string, string | Buffer>>,
  { metadata = '', recorded = {} }: Readonly<{ metadata?: string; recorded?: Readonly<Record<string, string>> }> = {},
): void {
  const lines = Object.entries(files).map(([name, content]) => {
    const hash = recorded[name] ?? createHash('sha256').update(content).digest('base64url')
    return `${name.includes(',') ? `"${name}"` : name},sha256=${hash},${Buffer.byteLength(content)}`
  })
  const info = 'package-1.0.dist-info'
  writeFileSync(
    path,
    zipBytes({
      ...files,
      [`${info}/METADATA`]: `Name: package\n${metadata}`,
      [`${info}/RECORD`]: `${lines.join('\n')}\n${info}/RECORD,,\n`,
    }),
  )
}
