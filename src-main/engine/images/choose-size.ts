/** Sizes of the pixel pack, in pixels: those that backbones which learn are made for, and one for encoders that want finer detail. */
export const pixelSizes = [32, 64, 96, 128] as const
export type PixelSize = (typeof pixelSizes)[number]

/**
 * Pixel size of a project: the largest of 32, 64, 96 and 128 that is not greater than the median shorter side, and 32 for smaller images.
 *
 * So at least half of the images are not enlarged, and 28- to 63-px images (MNIST, CIFAR) train at 32 as published.
 */
export function chooseSize(images: readonly Readonly<{ width: number; height: number }>[]): PixelSize {
  const shorterSides = images.map(({ width, height }) => Math.min(width, height)).sort((a, b) => a - b)
  const median = shorterSides[Math.floor(shorterSides.length / 2)] ?? 0
  return pixelSizes.findLast((size) => size <= median) ?? 32
}
