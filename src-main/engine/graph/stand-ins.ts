import type { NativeBinding, TensorMetadata } from './node-backend.ts'
import { dataTypes } from './saved-model.ts'

/** From this many bytes on a result is given back. */
const largeBytes = 2 ** 16

/**
 * Zeros that stand in for what a step computes while it is recorded. JavaScript holds all results of a step until its end, which of a large
 * network are gigabytes, and none is looked at: what counts is which operation follows which. So a large result gives its memory back at
 * once, and one tensor of zeros stands in for all of its shape. Float32 alone: as places or extents zeros might be none.
 */
export interface StandIns {
  /** The tensor to compute with in place of this one; itself where it is there. */
  of(id: number): number
  replace(result: TensorMetadata): void
  /** Whether something stood in for this tensor, which is then over; else it is there and is to be deleted. */
  forget(id: number): boolean
  /** Gives back the zeros. */
  dispose(): void
}

export function createStandIns(addon: NativeBinding): StandIns {
  const zerosOf = new Map<string, number>()
  const standIns = new Map<number, number>()
  const makeZeros = (id: number): number => {
    const type = { name: 'T', type: addon.TF_ATTR_TYPE, value: dataTypes.float32 }
    return addon.executeOp('ZerosLike', [type], [id], 1)[0].id
  }
  return {
    of: (id) => standIns.get(id) ?? id,
    replace({ id, shape, dtype }) {
      if (dtype !== dataTypes.float32 || 4 * shape.reduce((product, extent) => product * extent, 1) < largeBytes) return
      const key = shape.join()
      const zeros = zerosOf.get(key) ?? makeZeros(id)
      zerosOf.set(key, zeros)
      standIns.set(id, zeros)
      addon.deleteTensor(id)
    },
    forget: (id) => standIns.delete(id),
    dispose() {
      for (const zeros of zerosOf.values()) addon.deleteTensor(zeros)
      zerosOf.clear()
    },
  }
}
