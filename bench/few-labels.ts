import { alignClusters } from '#engine/clustering/alignment.ts'
import { clusterByGraph, type GraphClusters } from '#engine/clustering/graph-clusters.ts'
import { propagateLabels } from '#engine/clustering/label-propagation.ts'
import { clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { isMeasured, keepResult } from './clusterer-results.ts'
import type { LabelledSet } from './clusterer-sets.ts'

const fewLabels = [1, 5, 10] as const
const methods = ['linear probe (scikit-learn)', 'clusters matched by the labels', 'ours: labels along the graph'] as const

/** All images from a few labelled ones of each class; scored on the others, without matching. */
export async function measureFewLabels(
  set: LabelledSet,
  drawCount: number,
  probe: (labels: Int32Array, seed: number) => Promise<Readonly<{ clusters: Int32Array; seconds: number }>>,
): Promise<void> {
  const { features, partDimensions, classes, classCount } = set
  const images = classes.length
  let graph: GraphClusters | undefined
  for (let draw = 1; draw <= drawCount; draw++)
    for (const each of fewLabels) {
      const name = `${set.name}, ${each} labelled of each class`
      if (methods.every((method) => isMeasured({ set: name, images, method, seed: draw }))) continue
      graph ??= await clusterByGraph(features, { clusterCount: classCount, partDimensions, memoryBytes: 256 * 2 ** 20, seed: 1 })
      const { graph: own, clusters } = graph
      const seen = new Int32Array(classCount)
      const labels = new Int32Array(images).fill(-1)
      for (const image of createRandom(deriveSeed(draw, 'labels', set.name, each)).shuffled(images))
        if (seen[classes[image]!]++ < each) labels[image] = classes[image]!
      const { classOfCluster } = alignClusters(clusters, labels, classCount, classCount, false)
      // A cluster without a class is wrong about all its images.
      const named = clusters.map((cluster) => (classOfCluster[cluster]! < 0 ? classCount : classOfCluster[cluster]!))
      const keep = (method: string, found: Int32Array, seconds: number): void => {
        if (isMeasured({ set: name, images, method, seed: draw })) return
        const elsewhere = found.map((label, image) => (labels[image]! >= 0 ? -1 : label))
        const { normalizedMutualInformation: nmi, adjustedRandIndex: ari } = clusteringMetrics(
          contingencyTable(classes, elsewhere, classCount, classCount + 1),
        )
        const scored = [...elsewhere.keys()].filter((image) => elsewhere[image]! >= 0)
        const accuracy = scored.filter((image) => elsewhere[image] === classes[image]).length / scored.length
        keepResult({ set: name, images, method, seed: draw, accuracy, nmi, ari, seconds })
      }
      const probed = await probe(labels, draw)
      keep(methods[0], probed.clusters, probed.seconds)
      keep(methods[1], named, 0)
      const startedAt = process.cpuUsage()
      const spread = propagateLabels({ graph: own, clusters, features }, labels, classCount, draw).classes
      const { user, system } = process.cpuUsage(startedAt)
      keep(methods[2], spread, (user + system) / 1e6)
    }
}
