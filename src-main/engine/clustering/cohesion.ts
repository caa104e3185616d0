import { type Links, linksAmong } from './neighbour-links.ts'
import { divideInTwo, type TwoWayDivision } from './two-way-division.ts'

/** How a group of images holds together. */
export type Cohesion = Readonly<{
  /** Its best division in two; null where it holds too few images. */
  division: TwoWayDivision | null
  /** Crossing of its best division; 1, that of chance, where there is none. */
  crossing: number
  /** The same of its two sides: their mean. */
  sideCrossing: number
}>

/**
 * Crossings of one body of `d` dimensions and of its halves are as 1 to 2^(1/d), since the cut is a surface: 1 to 2 in a thread, less in
 * anything that is thicker. So a group that fewer than half as many links cross as cross its sides is no one body.
 */
const twoBodies = 2 ** -1
/** The same of a sheet, d = 2: two groups that at least this share of links crosses, of those that cross either, are one body. */
const oneBody = 2 ** (-1 / 2)

/** Equal shares that were added up in another order are equal. */
const rounding = 1e-9

/** The best division of a group, and of its two sides. */
export function measureCohesion(links: Links): Cohesion {
  const division = divideInTwo(links)
  if (!division) return { division, crossing: 1, sideCrossing: 1 }
  const crossings = [0, 1].map((side) => {
    const members = Array.from(division.sides.keys()).filter((row) => division.sides[row] === side)
    return divideInTwo(linksAmong(links, members))?.crossing ?? 1
  })
  return { division, crossing: division.crossing, sideCrossing: (crossings[0] + crossings[1]) / 2 }
}

/** Whether the best division of a group is between two bodies, not through one. */
export function isMixed({ division, crossing, sideCrossing }: Cohesion): boolean {
  return division !== null && crossing <= twoBodies * sideCrossing + rounding
}

/** Whether two groups that are each one body are one together, and how nearly: the crossing between them as a share of those within. */
export function compareBodies(between: number, one: Cohesion, other: Cohesion): { areSame: boolean; oneness: number } {
  const oneness = between / ((one.crossing + other.crossing) / 2)
  return { areSame: oneness >= oneBody, oneness }
}
