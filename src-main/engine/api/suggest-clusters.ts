import type { Embeddings } from '#engine/clustering/embeddings.ts'
import { suggestClusterCounts } from '#engine/clustering/suggest-clusters.ts'
import type { OpenProject } from '#engine/database/project.ts'
import { openPixelPackReader } from '#engine/images/pixel-pack.ts'
import { pixelPackPath, readPixelSettings } from '#engine/jobs/pixel-settings.ts'
import { readRunEmbedding } from '#engine/jobs/run-embedding.ts'
import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'

const seed = 0
/** Pixels say little about clusters: images at most, and the side to which each is averaged. */
const pixelImageCount = 3000
const pixelSide = 16

export const clustersSuggest = api.clusters.suggest.handler(({ context, signal }) => {
  const { project } = context.session()
  return suggestClusterCounts(newestEmbedding(project) ?? readSmallPixels(project), seed, signal ? { signal } : {})
})

function newestEmbedding(project: OpenProject): Embeddings | undefined {
  const run = project.runs.list().find(({ stages }) => stages.some(({ name, state }) => name === 'embed' && state === 'completed'))
  return run && readRunEmbedding(project, run.id)
}

/** The images, evenly chosen, as squares of 16 px or less. */
function readSmallPixels(project: OpenProject): Embeddings {
  const settings = readPixelSettings(project.folder)
  const usable = project.images.usable()
  if (usable.length === 0 || !settings) throw new SpicerackError('NO_IMAGES', say('noImagesYet'), { advice: say('importFirst') })
  const { size } = settings
  const every = Math.max(1, usable.length / pixelImageCount)
  const rows = Array.from({ length: Math.min(usable.length, pixelImageCount) }, (_, index) => usable[Math.floor(index * every)]!.pixelRow!)
  const packCount = usable.reduce((highest, { pixelRow }) => Math.max(highest, pixelRow! + 1), 0)
  // Each row is read once: nothing is gained by holding the pack in memory.
  const reader = openPixelPackReader({ path: pixelPackPath(project.folder, size), size, count: packCount }, { memoryBudgetBytes: 0 })
  try {
    const side = Math.min(size, pixelSide)
    const values = new Float32Array(rows.length * side * side * 3)
    rows.forEach((row, index) => {
      values.set(toSmallSquare(reader.readRows(Int32Array.of(row)), size, side), index * side * side * 3)
    })
    return { values, count: rows.length, dimension: side * side * 3 }
  } finally {
    reader.close()
  }
}

/** Means of the pixels that fall into each cell, 0-1. */
function toSmallSquare(pixels: Uint8Array, size: number, side: number): Float32Array {
  const sums = new Float32Array(side * side * 3)
  const counts = new Uint32Array(side * side)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const cell = Math.floor((y * side) / size) * side + Math.floor((x * side) / size)
      counts[cell]++
      for (let channel = 0; channel < 3; channel++) sums[cell * 3 + channel] += pixels[(y * size + x) * 3 + channel]
    }
  return sums.map((sum, place) => sum / 255 / counts[Math.floor(place / 3)])
}
