const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})

/**
 * CRC-32C (Castagnoli) of the bytes, 32 bits without sign.
 *
 * @source RFC 3720, appendix B.4
 */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff
  for (let index = 0; index < bytes.length; index++) value = table[(value ^ bytes[index]!) & 255]! ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}
