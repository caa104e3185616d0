import { statSync } from 'node:fs'
import type { OpenProject } from '#engine/database/project.ts'
import { pixelRowBytes } from '#engine/images/pixel-pack.ts'
import { pixelPackPath, readPixelSettings } from './pixel-settings.ts'

/** Where the packed files are lost or were cut short, takes from the images what lay there, so that they are decoded anew. */
export function settlePackedFiles({ folder, images }: OpenProject): void {
  const settings = readPixelSettings(folder)
  const there = {
    pixelRows: settings ? Math.floor(sizeOf(pixelPackPath(folder, settings.size)) / pixelRowBytes(settings.size)) : 0,
    thumbnailBytes: sizeOf(folder.thumbnails),
  }
  const known = images.packedLengths()
  if (there.pixelRows < known.pixelRows || there.thumbnailBytes < known.thumbnailBytes) images.forgetBeyond(there)
}

/** Bytes of a file; 0 when there is none. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
