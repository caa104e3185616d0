import { crc32c } from './crc32c.ts'

/** A feature of `tf.train.Example`: bytes (a text is its UTF-8), floats or 64-bit integers; one value each. */
export type Feature = Uint8Array | string | Readonly<{ float: number }> | Readonly<{ integer: number }>

/**
 * One record of a TFRecord file: length, its masked CRC-32C, the bytes, and theirs.
 *
 * @source TensorFlow, "TFRecord and tf.train.Example"
 */
export function toTfRecord(data: Uint8Array): Uint8Array {
  const record = Buffer.allocUnsafe(data.length + 16)
  record.writeBigUInt64LE(BigInt(data.length), 0)
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8)
  record.set(data, 12)
  record.writeUInt32LE(maskedCrc(data), 12 + data.length)
  return record
}

/** `tf.train.Example` with these features as protocol buffer, in the order of their names, so that equal features give equal bytes. */
export function toExample(features: Readonly<Record<string, Feature>>): Uint8Array {
  const entries = Object.keys(features)
    .sort()
    .map((name) => field(1, Buffer.concat([field(1, Buffer.from(name, 'utf8')), field(2, toFeature(features[name]!))])))
  return field(1, Buffer.concat(entries))
}

function toFeature(feature: Feature): Buffer {
  if (typeof feature === 'string' || feature instanceof Uint8Array)
    return field(1, field(1, typeof feature === 'string' ? Buffer.from(feature, 'utf8') : feature))
  if ('integer' in feature) return field(3, field(1, varint(BigInt.asUintN(64, BigInt(feature.integer)))))
  const float = Buffer.alloc(4)
  float.writeFloatLE(feature.float)
  return field(2, field(1, float))
}

/** A field of wire type 2: its tag, its length, its bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes])
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
