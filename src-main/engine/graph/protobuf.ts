/** Protocol buffers, written: each function gives the bytes of one field, and a message is its fields one after the other. */

/** An integer field of any sign (int32, int64, enum, bool). */
export function integerField(field: number, value: number): Uint8Array {
  return join([varint(field * 8), varint(value)])
}

export function floatField(field: number, value: number): Uint8Array {
  return join([varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)])
}

/** A field of bytes: raw ones, or an embedded message. */
export function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return join([varint(field * 8 + 2), varint(bytes.length), bytes])
}

export function textField(field: number, text: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(text))
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let position = 0
  for (const part of parts) {
    joined.set(part, position)
    position += part.length
  }
  return joined
}

/** Seven bits a byte, lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}
