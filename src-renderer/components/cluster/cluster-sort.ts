import type { Cluster } from '#shared/entities.ts'

export const clusterSorts = ['attention', 'size', 'reliable', 'name'] as const
export type ClusterSort = (typeof clusterSorts)[number]

/** Ordered by names with their numbers as numbers, so that 10 comes after 9. */
const byName = new Intl.Collator(undefined, { numeric: true })

const reliableRatio = ({ imageCount, reliableCount }: Cluster): number => (imageCount === 0 ? 0 : reliableCount / imageCount)

type Advised = ReadonlySet<Cluster['id']>

const orders: Readonly<Record<ClusterSort, (one: Cluster, other: Cluster, advised: Advised) => number>> = {
  attention: (one, other, advised) =>
    Number(advised.has(other.id)) - Number(advised.has(one.id)) ||
    Number(one.classId !== null) - Number(other.classId !== null) ||
    reliableRatio(one) - reliableRatio(other),
  size: (one, other) => other.imageCount - one.imageCount,
  reliable: (one, other) => reliableRatio(other) - reliableRatio(one),
  name: () => 0,
}

/** Equal ones by name. `attention`: those that look wrong first, then those without a class, among them the least reliable. */
export function sortClusters(clusters: readonly Cluster[], sort: ClusterSort, advised: Advised): readonly Cluster[] {
  return clusters.toSorted((one, other) => orders[sort](one, other, advised) || byName.compare(one.name, other.name))
}
