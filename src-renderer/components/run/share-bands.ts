/** Sizes of one cluster over the steps of a stage, as shares of 0-1. */
export type ClusterShares = Readonly<{ cluster: number; points: readonly Readonly<{ step: number; value: number }>[] }>

/** One cluster in a stack: `from` and `to` are `[steps]` heights of 0-1, the largest at the start lowest. */
export type Band = Readonly<{ cluster: number; first: number; last: number; from: readonly number[]; to: readonly number[] }>

/** The clusters of a stage, stacked; a step that not every cluster has a point for is left out. */
export function toBands(series: readonly ClusterShares[]): { steps: readonly number[]; bands: readonly Band[] } {
  const valuesOf = new Map(series.map(({ cluster, points }) => [cluster, new Map(points.map(({ step, value }) => [step, value]))]))
  const steps = (series[0]?.points ?? [])
    .map(({ step }) => step)
    .filter((step) => [...valuesOf.values()].every((values) => values.has(step)))
  const sharesOf = (cluster: number): number[] => steps.map((step) => valuesOf.get(cluster)?.get(step) ?? 0)
  let below = steps.map(() => 0)
  const bands = series
    .map(({ cluster }) => ({ cluster, shares: sharesOf(cluster) }))
    .toSorted((one, other) => (other.shares[0] ?? 0) - (one.shares[0] ?? 0) || one.cluster - other.cluster)
    .map(({ cluster, shares }) => {
      const from = below
      below = below.map((height, place) => height + (shares[place] ?? 0))
      return { cluster, first: shares[0] ?? 0, last: shares.at(-1) ?? 0, from, to: below }
    })
  return { steps, bands }
}

/** The band at a height of 0-1 of the stack at one of its steps. */
export function bandAt(bands: readonly Band[], place: number, height: number): Band | undefined {
  return bands.find(({ from, to }) => height >= (from[place] ?? 0) && height < (to[place] ?? 0))
}
