import type { Cluster } from '#shared/entities.ts'

/** One line a cluster: name, images, reliable ones as a bar. */
export function describeClusters(clusters: readonly Cluster[]): string[] {
  const width = Math.max(7, ...clusters.map(({ name }) => name.length))
  const head = `${'Cluster'.padEnd(width)}  images  reliable`
  return [head, ...clusters.map((cluster) => describeCluster(cluster, width))]
}

function describeCluster({ name, imageCount, reliableCount }: Cluster, width: number): string {
  const filled = imageCount === 0 ? 0 : Math.round((20 * reliableCount) / imageCount)
  return `${name.padEnd(width)}  ${String(imageCount).padStart(6)}  ${String(reliableCount).padStart(8)}  ${'█'.repeat(filled)}${'░'.repeat(20 - filled)}`
}
