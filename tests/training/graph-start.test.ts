import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { graphOfFeatures, neighbourShares } from '#engine/clustering/graph-clusters.ts'
import { modularity, raiseModularity } from '#engine/clustering/modularity.ts'
import { decodeGraph } from '#engine/clustering/stored-graph.ts'
import { deriveSeed } from '#engine/ml/random.ts'
import { compareOnGraph, makeGraph, startFromGraph, storedGraph } from '#engine/training/graph-start.ts'
import { shareOfKnownClasses } from '#engine/training/human-decisions.ts'
import { memoryFiles } from '#engine/training/memory-files.ts'
import { runFiles, StageStopped } from '#engine/training/run-context.ts'
import { notWorse } from '#engine/training/stages/self.ts'
import { availableBackends, useBackend } from '../backends.ts'
import { blobs, noise, sameUpToNames } from '../clustering/synthetic.ts'

const written = new Map<string, Uint8Array>()
const files = memoryFiles(written)
const host = { files, now: () => 0, progress: () => {}, shouldStop: () => false }
const { embeddings, classes } = blobs([40, 30, 30, 20], 12, 0.4, 3)
const none = new Int32Array(120).fill(-1)

describe('start from the graph of neighbours', () => {
  beforeEach(() => written.clear())
  beforeAll(async () => useBackend((await availableBackends())[0]!))

  it('is the clusters of the graph where nobody labelled enough', async () => {
    const labels = none.map((_, image) => (image === 0 ? 5 : -1))
    const { clusters, graph } = await startFromGraph(
      embeddings,
      [12],
      { clusterCount: 4, seed: 1, humanLabels: labels, humanClusters: none },
      host,
      {},
    )
    expect(decodeGraph(written.get(runFiles.graph)!)).toEqual(graph)
    expect(storedGraph(files)).toEqual(await makeGraph(embeddings, [12], { clusterCount: 4, seed: 1 }))
    expect(sameUpToNames(clusters, classes)).toBe(true)
  })

  it('follows labels of as many classes as clusters, also where each class is two kinds of image', async () => {
    // Kinds 0 and 2 are class 3, kinds 1 and 3 class 7.
    const classOf = classes.map((kind) => (kind % 2 === 0 ? 3 : 7))
    const labels = classOf.map((label, image) => (classes.indexOf(classes[image]) === image ? label : -1))
    const { clusters } = await startFromGraph(
      embeddings,
      [12],
      { clusterCount: 2, seed: 1, humanLabels: labels, humanClusters: none },
      host,
      {},
    )
    expect(clusters).toEqual(classOf.map((label) => (label === 3 ? 0 : 1)))
  })

  it('keeps what labels say of the other images, whether or not a person moved an image by hand', async () => {
    const mixed = noise(120, 12, 3)
    // Two classes that only a direction tells apart, not the neighbours.
    const humanLabels = none.map((_, image) => (image < 40 ? Number(mixed.values[image * 12]! > 0) : -1))
    const start = (humanClusters: Int32Array) =>
      startFromGraph(mixed, [12], { clusterCount: 2, seed: 1, humanLabels, humanClusters }, host, { targets: () => humanLabels })
    const { clusters, graph } = await start(none)
    // Labels hold images where modularity alone would not leave them.
    expect(raiseModularity(graph, clusters, 2, 1, humanLabels)).not.toEqual(clusters)
    written.clear()
    expect((await start(none.map((_, image) => (image === 0 ? 0 : -1)))).clusters).toEqual(clusters)
  })

  it('is not given up for a head that divides the graph better but fits less of what a person said', async () => {
    const graph = await makeGraph(embeddings, [12], { clusterCount: 4, seed: 1 })
    const clusters = classes.map((kind, image) => (image % 6 === 0 ? (kind + 1) % 4 : kind))
    const known = clusters.map((cluster, image) => (image % 6 < 2 ? cluster : -1))
    const ofLabels = { graph, clusters, modularity: modularity(graph, clusters, 4) }
    const head = Float32Array.from({ length: 480 }, (_, place) => Number(classes[Math.floor(place / 4)] === place % 4))
    const task = (knownClasses: Int32Array) => ({
      ...{ clusterCount: 4, humanLabels: knownClasses, knownClasses, humanClusters: none, previousClusters: none },
    })
    const quiet = { files, log: () => undefined }
    expect(ofLabels.modularity).toBeLessThan(modularity(graph, classes, 4))
    expect(notWorse(ofLabels, head, task(none), quiet)).toBe(head)
    expect(notWorse(ofLabels, head, task(known), quiet)).toEqual(neighbourShares(ofLabels, 4))
    const fits = (found: Int32Array) => shareOfKnownClasses(task(known), found)
    const asked = { clusterCount: 4, leeway: 0 }
    expect(compareOnGraph(graph, classes, clusters, asked).isWorse).toBe(false)
    expect(compareOnGraph(graph, classes, clusters, { ...asked, agreement: fits }).isWorse).toBe(true)
  })

  it('tells when other clusters divide the same graph worse', async () => {
    const task = { clusterCount: 4, seed: 1 }
    const mixed = classes.map((kind, image) => (image % 3 === 0 ? (kind + 1) % 4 : kind))
    const { graph } = await graphOfFeatures(embeddings, {
      ...task,
      partDimensions: [12],
      memoryBytes: 1e7,
      seed: deriveSeed(1, 'self-graph'),
    })
    const figures = { mixed: modularity(graph, mixed, 4), classes: modularity(graph, classes, 4) }
    const made = await makeGraph(embeddings, [12], task)
    const compare = async (one: Int32Array, before: Int32Array, leeway = 0) =>
      compareOnGraph(made, one, before, { clusterCount: 4, leeway })
    expect(await compare(mixed, classes)).toEqual({ classifier: figures.mixed, before: figures.classes, isWorse: true })
    expect(await compare(classes, mixed)).toEqual({ classifier: figures.classes, before: figures.mixed, isWorse: false })
    expect((await compare(classes, classes)).isWorse).toBe(false)
    const lost = 1 - figures.mixed / figures.classes
    expect((await compare(mixed, classes, lost + 0.001)).isWorse).toBe(false)
    expect((await compare(mixed, classes, lost - 0.001)).isWorse).toBe(true)
  })

  it('is not divided again where a stage goes on', async () => {
    const task = { clusterCount: 4, seed: 1, humanLabels: none, humanClusters: none }
    const first = await startFromGraph(embeddings, [12], task, host, {})
    const refuse = { ...host, shouldStop: () => true }
    expect(await startFromGraph(embeddings, [12], task, refuse, {})).toEqual(first)
    written.delete(runFiles.startClusters)
    await expect(startFromGraph(embeddings, [12], task, refuse, {})).rejects.toBeInstanceOf(StageStopped)
  })

  it('can be stopped', async () => {
    const task = { clusterCount: 4, seed: 1, humanLabels: none, humanClusters: none }
    await expect(startFromGraph(embeddings, [12], task, { ...host, shouldStop: () => true }, {})).rejects.toBeInstanceOf(StageStopped)
  })
})
