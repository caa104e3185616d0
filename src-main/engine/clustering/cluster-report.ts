import { type Cohesion, compareBodies, isMixed, measureCohesion } from './cohesion.ts'
import { type Links, linksAmong, type NearestOthers, toLinks } from './neighbour-links.ts'
import { type Follow, pause } from './pause.ts'
import { crossing } from './two-way-division.ts'

/** What images and their neighbours say of one cluster, without any label. */
export type ClusterReport = Readonly<{
  imageCount: number
  /** Mean of its images' agreements, 0-1. */
  neighbourAgreement: number
  /** Sizes of the two groups that it seems to hold, the larger first; null where it seems to be one. */
  mixed: readonly [number, number] | null
  /** The cluster with which it seems to be one; null where there is none. */
  sameAs: number | null
}>

/** Least share of an image's neighbours in a cluster of which something is said within; less what a mean in float32 may be off. */
const ownHalf = 0.5 - 1e-6

export interface ClusterReporter {
  readonly links: Links
  /**
   * `[count]` share of each image's nearest others that are in the same cluster, 0-1: of as many as the cluster has others, at most. 0 for
   * an image in none.
   */
  neighbourAgreements(clusters: Int32Array): Float32Array
  /**
   * Of each cluster; what is the same as at the last call is not computed again.
   *
   * @param clusters `[count]` 0 to clusterCount - 1, or -1 for an image in none.
   * @throws CANCELLED.
   */
  report(clusters: Int32Array, clusterCount: number, follow?: Follow): Promise<ClusterReport[]>
}

/**
 * Says of clusters how well they hold together and stand apart, from who is whose neighbour alone. Linear in the number of neighbours.
 *
 * A cluster looks mixed where its best division in two is crossed by less than half as many links as the best divisions of its two sides,
 * and where it holds most of the neighbours of its images: else it is a part of something, whose parts are not seen.
 * Two clusters look the same where as many links lie between them as within them, and neither is nearer to a third. Nothing of that is
 * said of clusters with fewer images than twice the neighbours of each, since these lie outside it whatever it is.
 */
export function createClusterReporter(nearest: NearestOthers): ClusterReporter {
  const links = toLinks(nearest)
  const least = 2 * nearest.width
  let known: readonly Readonly<{ members: Int32Array; cohesion: Cohesion }>[] = []

  const neighbourAgreements = (clusters: Int32Array): Float32Array => {
    const { count, width, others } = nearest
    const sizes = new Map<number, number>()
    for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1)
    const shares = new Float32Array(count)
    for (let image = 0; image < count; image++) {
      const own = clusters[image]
      if (own < 0) continue
      const asked = Math.min(width, Math.max(1, sizes.get(own)! - 1))
      let agreeing = 0
      for (let place = image * width; place < image * width + asked; place++) if (clusters[others[place]] === own) agreeing++
      shares[image] = agreeing / asked
    }
    return shares
  }

  const measured = async (members: Int32Array, follow: Follow): Promise<Cohesion> => {
    const before = known.find((each) => each.members.length === members.length && each.members.every((image, at) => image === members[at]))
    if (before) return before.cohesion
    await pause(follow, 0)
    return measureCohesion(linksAmong(links, members))
  }

  return {
    links,
    neighbourAgreements,
    async report(clusters, clusterCount, follow = {}) {
      const members = membersOf(clusters, clusterCount)
      const cohesions: (Cohesion | null)[] = []
      for (const own of members) cohesions.push(own.length < least ? null : await measured(own, follow))
      known = members.flatMap((own, cluster) => {
        const cohesion = cohesions[cluster]
        return cohesion ? [{ members: own, cohesion }] : []
      })
      const shares = neighbourAgreements(clusters)
      const agreements = members.map((own) => own.reduce((sum, image) => sum + shares[image], 0) / Math.max(1, own.length))
      const mixed = cohesions.map((cohesion, cluster) =>
        cohesion && agreements[cluster] >= ownHalf && isMixed(cohesion) ? sizesOf(cohesion) : null,
      )
      const bodies = cohesions.map((cohesion, cluster) => (mixed[cluster] ? null : cohesion))
      const same = sameClusters(links, clusters, bodies)
      return members.map((own, cluster) => ({
        imageCount: own.length,
        neighbourAgreement: agreements[cluster],
        mixed: mixed[cluster],
        sameAs: same[cluster],
      }))
    },
  }
}

function membersOf(clusters: Int32Array, clusterCount: number): Int32Array[] {
  const sizes = new Int32Array(clusterCount)
  for (const cluster of clusters) if (cluster >= 0) sizes[cluster]++
  const members = Array.from(sizes, (size) => new Int32Array(size))
  const filled = new Int32Array(clusterCount)
  clusters.forEach((cluster, image) => {
    if (cluster >= 0) members[cluster][filled[cluster]++] = image
  })
  return members
}

function sizesOf({ division }: Cohesion): [number, number] {
  const sides = division?.sides ?? new Uint8Array()
  const smaller = sides.reduce((sum, side) => sum + side, 0)
  return [sides.length - smaller, smaller]
}

/** For each cluster the one with which it is most nearly one, where the two look the same and that is so for the other as well. */
function sameClusters(links: Links, clusters: Int32Array, bodies: readonly (Cohesion | null)[]): (number | null)[] {
  const clusterCount = bodies.length
  const between = new Float64Array(clusterCount * clusterCount)
  for (let image = 0; image < links.count; image++) {
    if (clusters[image] < 0) continue
    for (let link = links.starts[image]; link < links.starts[image + 1]; link++)
      if (clusters[links.others[link]] >= 0) between[clusters[image] * clusterCount + clusters[links.others[link]]]++
  }
  const nearest = bodies.map((own, cluster) => {
    let best: number | null = null
    let bestOneness = 0
    for (const [other, its] of bodies.entries()) {
      const cut = between[cluster * clusterCount + other]
      if (!own || !its || other === cluster || cut === 0) continue
      const inner = (each: number): number => between[each * clusterCount + each] + cut
      const crossed = crossing(cut, [inner(cluster), inner(other)])
      const { areSame, oneness } = compareBodies(crossed, own, its)
      if (!areSame || oneness <= bestOneness) continue
      best = other
      bestOneness = oneness
    }
    return best
  })
  return nearest.map((other, cluster) => (other !== null && nearest[other] === cluster ? other : null))
}
