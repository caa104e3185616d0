import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { packImageIds } from '#engine/database/image-id-list.ts'
import { createProject, type OpenProject, openProject } from '#engine/database/project.ts'
import { openThumbnailStore, type ThumbnailPlace } from '#engine/images/thumbnail-store.ts'
import { createRandom } from '#engine/ml/random.ts'
import type { ImageId, RunId } from '#shared/entities.ts'

// A project of many rows without files: node scripts/bench.mjs large-project [FOLDER.spicerack] [--images 1000000]. Made once, then kept.

export const largeClusterCount = 50
const thumbnailCount = 200
const thumbnailSidePx = 128
const runId = 'run-0001' as RunId

/** The project at `path`, made when it is not there. */
export async function makeLargeProject(path: string, imageCount: number): Promise<string> {
  const folder = resolve(path.endsWith('.spicerack') ? path : `${path}.spicerack`)
  if (existsSync(folder)) return folder
  const project = createProject(folder)
  const places = await writeThumbnails(join(folder, 'thumbnails.pack'))
  project.connection.write(() => fill(project, imageCount, places))
  project.close()
  // Once more, so that what an opening does for the first time is done.
  openProject(folder).close()
  return folder
}

/** Coloured squares with noise, as WebP. */
async function writeThumbnails(path: string): Promise<ThumbnailPlace[]> {
  const store = openThumbnailStore(path)
  const random = createRandom(1)
  const places: ThumbnailPlace[] = []
  for (let index = 0; index < thumbnailCount; index++) {
    const colour = [random.uniform() * 200, random.uniform() * 200, random.uniform() * 200]
    const pixels = Uint8Array.from({ length: thumbnailSidePx ** 2 * 3 }, (_, byte) => colour[byte % 3] + random.uniform() * 50)
    const raw = { width: thumbnailSidePx, height: thumbnailSidePx, channels: 3 as const }
    places.push(store.append(await sharp(pixels, { raw }).webp().toBuffer()))
  }
  store.flush()
  store.close()
  return places
}

function fill({ connection: { sql }, clusters }: OpenProject, imageCount: number, places: readonly ThumbnailPlace[]): void {
  const random = createRandom(2)
  sql.prepare("INSERT INTO roots (path) VALUES ('/images')").run()
  const image = sql.prepare(
    `INSERT INTO images (root_id, path, content_hash, size_bytes, modified_at, width_px, height_px, format, status, pixel_row, thumbnail_offset, thumbnail_length, imported_at)
     VALUES (1, ?, ?, 40000, 0, 640, 480, 'jpeg', 'ok', ?, ?, ?, 0)`,
  )
  for (let index = 0; index < imageCount; index++) {
    const { offset, length } = places[index % places.length]
    const name = String(index).padStart(7, '0')
    image.run(`folder-${Math.floor(index / 10_000)}/image-${name}.jpg`, name.padStart(64, '0'), index, offset, length)
  }
  const ids = Array.from({ length: imageCount }, (_, index) => (index + 1) as ImageId)
  sql
    .prepare(
      `INSERT INTO runs (id, name, recipe, seed, cluster_count, image_ids, image_count, image_size_px, versions, backend_choice, created_at)
       VALUES (?, 'Run 1', '{}', 0, ?, ?, ?, 32, '{}', 'auto', 0)`,
    )
    .run(runId, largeClusterCount, packImageIds(ids), imageCount)
  sql.prepare("INSERT INTO clusterings (run_id, stage, score, image_count, created_at) VALUES (?, 'semi', 0, ?, 0)").run(runId, imageCount)
  sql.prepare('UPDATE project SET current_clustering_id = 1').run()
  const clusterIds = Array.from({ length: largeClusterCount }, () => clusters.add().id)
  const member = sql.prepare('INSERT INTO clustering_clusters VALUES (1, ?, ?)')
  for (const [index, id] of clusterIds.entries()) member.run(index, id)
  const assignment = sql.prepare('INSERT INTO found_assignments VALUES (1, ?, ?, ?, ?, ?, ?)')
  for (const id of ids) {
    const cluster = clusterIds[random.integer(largeClusterCount)]
    const confidence = random.uniform()
    assignment.run(id, cluster, cluster, confidence, random.uniform(), confidence > 0.2 ? 1 : 0)
  }
}

if (process.argv[1]?.endsWith('large-project.ts')) {
  const at = process.argv.indexOf('--images')
  const given = process.argv[2]
  const path = given && !given.startsWith('--') ? given : 'large.spicerack'
  console.log(await makeLargeProject(path, at < 0 ? 1_000_000 : Number(process.argv[at + 1])))
}
