const prefix = 'clusterShare.'

/** Name of the series that tells which share of the images a cluster holds, 0-1; clusters count from 0. */
export function shareSeriesOf(cluster: number): string {
  return `${prefix}${cluster}`
}

/** The cluster whose size a series tells; null for any other series. */
export function clusterOfSeries(name: string): number | null {
  return name.startsWith(prefix) ? Number(name.slice(prefix.length)) : null
}
