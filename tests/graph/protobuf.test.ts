import { describe, expect, it } from 'vitest'
import { bytesField, floatField, integerField, join, textField } from '#engine/graph/protobuf.ts'

describe('protocol buffers', () => {
  it('are the bytes of the specification: 150 in field 1, "testing" in field 2, an embedded message in field 3', () => {
    expect([...integerField(1, 150)]).toEqual([0x08, 0x96, 0x01])
    expect([...textField(2, 'testing')]).toEqual([0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67])
    expect([...bytesField(3, integerField(1, 150))]).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01])
  })

  it('write negative numbers as 64 bits, floats as 4 bytes, large field numbers and lengths in several bytes', () => {
    expect([...integerField(1, -1)]).toEqual([0x08, ...new Array<number>(9).fill(0xff), 0x01])
    expect([...floatField(4, 1)]).toEqual([0x25, 0, 0, 0x80, 0x3f])
    expect([...integerField(16, 0)]).toEqual([0x80, 0x01, 0])
    expect([...bytesField(1, new Uint8Array(300)).subarray(0, 3)]).toEqual([0x0a, 0xac, 0x02])
    expect(join([]).length).toBe(0)
  })
})
