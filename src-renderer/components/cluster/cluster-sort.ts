import type { Cluster } from '#shared/entities.ts'

export const clusterSorts = ['attention', 'size', 'reliable', 'name'] as const
export type ClusterSort = (typeof clusterSorts)[number]

/** Ordered by names with their numbers as numbers, so that 10 comes after 9. */
const byName = new Intl.Collator(undefined, { numeric: true })

const reliableRatio = ({ imageCount, reliableCount }: Cluster): number => (imageCount === 0 ? 0 : reliableCount / imageCount)

const orders: Readonly<Record<ClusterSort, (one: Cluster, other: Cluster) => number>> = {
  attention: (one, other) => Number(one.classId !== null) - Number(other.classId !== null) || reliableRatio(one) - reliableRatio(other),
  size: (one, other) => other.imageCount - one.imageCount,
  reliable: (one, other) => reliableRatio(other) - reliableRatio(one),
  name: () => 0,
}

/** Equal ones by name. `attention`: those without a class first, among them the least reliable. */
export function sortClusters(clusters: readonly Cluster[], sort: ClusterSort): readonly Cluster[] {
  return clusters.toSorted((one, other) => orders[sort](one, other) || byName.compare(one.name, other.name))
}
