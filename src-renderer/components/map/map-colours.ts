import type { ClassEntity, Cluster } from '#shared/entities.ts'

/** What the colour of a point may stand for. */
export const colourings = ['cluster', 'class', 'confidence', 'reliability', 'source'] as const
export type Colouring = (typeof colourings)[number]

/** One entry of the legend. `key` stays the same while its images come and go. */
export type Category = Readonly<{
  key: string
  /** Its name where it has one of its own; else it is said by its key. */
  name?: string
  /** As CSS. */
  colour: string
  count: number
}>

/** `indices`: `[images]` place in `categories`. */
export type Categories = Readonly<{ categories: readonly Category[]; indices: Uint16Array }>

const noneColour = 'var(--map-none)'
export const confidenceStepCount = 10
/** Orange, doubtful, to blue, sure: told apart by everybody, and on light and dark. */
const confidenceColours = ['#b8430b', '#c9661f', '#d48540', '#d3a06b', '#bfae9a', '#9bafb6', '#74a5bf', '#4d93c0', '#2f7cb8', '#1d62a6']
const bandColours = { reliable: 'var(--reliable)', doubtful: 'var(--doubtful)', rejected: 'var(--failed)' } as const
const sourceColours = { none: noneColour, human: 'var(--accent)', imported: '#2f7cb8', mapping: 'var(--reliable)' } as const

type Named = Readonly<{ id: number; name: string; colour: string }>

/** Points by an id: those listed in their order, the others, and those without one, together at the end. */
export function byId(ids: Int32Array, named: readonly (Named & Pick<Cluster | ClassEntity, 'imageCount'>)[]): Categories {
  const placeOfId = new Uint16Array(named.reduce((highest, { id }) => Math.max(highest, id), 0) + 1).fill(named.length)
  named.forEach(({ id }, place) => {
    placeOfId[id] = place
  })
  const indices = new Uint16Array(ids.length)
  for (let row = 0; row < ids.length; row++) indices[row] = placeOfId[ids[row]] ?? named.length
  return count([...named.map(({ id, name, colour }) => ({ key: String(id), name, colour })), { key: 'none', colour: noneColour }], indices)
}

/** Points by their confidence in ten steps; those without one at the end. */
export function byConfidence(confidences: Float32Array): Categories {
  const steps = confidenceColours.map((colour, step) => ({ key: `step-${step}`, colour }))
  const indices = new Uint16Array(confidences.length)
  for (let row = 0; row < confidences.length; row++) {
    const step = Math.min(confidenceStepCount - 1, Math.max(0, Math.floor(confidences[row] * confidenceStepCount)))
    indices[row] = Number.isNaN(step) ? confidenceStepCount : step
  }
  return count([...steps, { key: 'none', colour: noneColour }], indices)
}

/** @param bands 0 reliable, 1 doubtful, 2 rejected, 3 in no cluster. */
export function byBand(bands: Uint8Array): Categories {
  const known = Object.entries(bandColours).map(([key, colour]) => ({ key, colour }))
  return count([...known, { key: 'none', colour: noneColour }], new Uint16Array(bands))
}

/** @param sources 0 no label, 1 human, 2 imported, 3 mapping. */
export function bySource(sources: Uint8Array): Categories {
  return count(
    Object.entries(sourceColours).map(([key, colour]) => ({ key, colour })),
    new Uint16Array(sources),
  )
}

function count(categories: readonly Omit<Category, 'count'>[], indices: Uint16Array): Categories {
  const counts = new Uint32Array(categories.length)
  for (let row = 0; row < indices.length; row++) counts[indices[row]]++
  return { categories: categories.map((category, place) => ({ ...category, count: counts[place] })), indices }
}
