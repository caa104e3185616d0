import { createRandom, deriveSeed } from '../ml/random.ts'

/** One image of a class as its audit sees it; `isRight` is null for one that nobody looked at. */
export type AuditMember<Id extends number> = Readonly<{ imageId: Id; isRight: boolean | null }>

/** The sample of a class: the images in the order of the draw, as far as all of them were looked at. */
export type AuditSample<Id extends number> = Readonly<{
  sample: readonly AuditMember<Id>[]
  /** Not looked at, in the order of the draw. */
  rest: readonly Id[]
  /** Answers about images whose turn has not come: they count when the `missing` images before the last of them were looked at. */
  waitingCount: number
  missingCount: number
}>

/**
 * The random sample of a class as it is now. Every image has a place in one random order, drawn from the seed and its id alone; what was
 * looked at without a gap from the first on is a simple random sample of the class, whatever joined or left it since: an image that joins
 * takes its own place, and where that is before images that were looked at, it has to be looked at before these count again.
 */
export function drawAuditSample<Id extends number>(members: readonly AuditMember<Id>[], seed: number): AuditSample<Id> {
  const placed = members
    .map((member) => ({ member, place: placeOf(member.imageId, seed) }))
    .sort((a, b) => a.place - b.place || a.member.imageId - b.member.imageId)
    .map(({ member }) => member)
  const firstGap = placed.findIndex(({ isRight }) => isRight === null)
  const length = firstGap === -1 ? placed.length : firstGap
  const lastLook = placed.findLastIndex(({ isRight }) => isRight !== null)
  const rest = placed.flatMap(({ imageId, isRight }) => (isRight === null ? [imageId] : []))
  const waitingCount = placed.length - rest.length - length
  return { sample: placed.slice(0, length), rest, waitingCount, missingCount: Math.max(0, lastLook + 1 - length - waitingCount) }
}

/** Place of an image in the order of the draw, uniform in [0, 1). */
function placeOf(imageId: number, seed: number): number {
  return createRandom(deriveSeed(seed, 'audit', imageId)).uniform()
}
