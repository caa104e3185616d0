/** Sizes of the pixel pack, in pixels: those that backbones which learn are made for, and larger ones for encoders that want finer detail. */
export const pixelSizes = [32, 64, 96, 128, 160, 192, 224] as const
export type PixelSize = (typeof pixelSizes)[number]

/** A pack takes at most this, but for images of 32 px. */
const mostBytes = 4 * 2 ** 30

/**
 * Pixel size of a project: the largest of these sizes whose square has no more pixels than the median image, and whose pack of all
 * images takes at most 4 GB; 32 for smaller images.
 *
 * So at least half of the images are not enlarged, and 28- to 63-px images (MNIST, CIFAR) train at 32 as published.
 *
 * @param images Some of the images. @param count How many there are in all.
 */
export function chooseSize(images: readonly Readonly<{ width: number; height: number }>[], count: number): PixelSize {
  const sides = images.map(({ width, height }) => Math.sqrt(width * height)).sort((a, b) => a - b)
  const median = sides[Math.floor(sides.length / 2)] ?? 0
  return pixelSizes.findLast((size) => size <= median && 3 * size * size * count <= mostBytes) ?? 32
}
