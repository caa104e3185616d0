import { createRandom, deriveSeed } from '../ml/random.ts'

/** One image of a class as its audit sees it; `isRight` is null for one that nobody looked at. */
export type AuditMember<Id extends number> = Readonly<{ imageId: Id; isRight: boolean | null }>

/** The random order in which images are looked at: the place of an image, uniform in [0, 1), from the seed and its id alone. */
export interface AuditDraw {
  readonly seed: number
  place(imageId: number): number
}

/** The draw of a seed. Places are kept, since a large class is read after every answer. */
export function createAuditDraw(seed: number): AuditDraw {
  let places = new Float64Array(1024).fill(Number.NaN)
  return {
    seed,
    place(imageId) {
      if (imageId >= places.length) {
        const larger = new Float64Array(Math.max(imageId + 1, places.length * 2)).fill(Number.NaN)
        larger.set(places)
        places = larger
      }
      const known = places[imageId]!
      if (!Number.isNaN(known)) return known
      const place = createRandom(deriveSeed(seed, 'audit', imageId)).uniform()
      places[imageId] = place
      return place
    },
  }
}

/**
 * The random sample of a class as it is now: what was looked at without a gap from the first image of the draw on. That is a simple
 * random sample whatever joined or left the class since: an image that joins has its own place, and where that is before images that were
 * looked at, it has to be looked at before these count again.
 *
 * `waitingCount`: answers about images whose turn has not come. `missingCount`: images to look at, so that all of them count.
 */
export function readAuditSample<Id extends number>(members: readonly AuditMember<Id>[], draw: AuditDraw) {
  const looked = members.filter(({ isRight }) => isRight !== null)
  const last = looked.reduce((most, { imageId }) => Math.max(most, draw.place(imageId)), 0)
  let gap = 1
  let missingCount = 0
  for (const { imageId, isRight } of members) {
    if (isRight !== null) continue
    const place = draw.place(imageId)
    gap = Math.min(gap, place)
    if (place < last) missingCount++
  }
  const sample = looked.filter(({ imageId }) => draw.place(imageId) < gap)
  return { sample, imageCount: members.length, waitingCount: looked.length - sample.length, missingCount }
}

/** The next images to look at, in the order of the draw. */
export function drawNextImages<Id extends number>(members: readonly AuditMember<Id>[], draw: AuditDraw, count: number): Id[] {
  return members
    .filter(({ isRight }) => isRight === null)
    .map(({ imageId }) => ({ imageId, place: draw.place(imageId) }))
    .sort((a, b) => a.place - b.place || a.imageId - b.imageId)
    .slice(0, count)
    .map(({ imageId }) => imageId)
}
