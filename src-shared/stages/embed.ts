import { integer } from '../settings.ts'

/** Stage 2, one L2-normalised vector for each image. */
export const embedSettings = {
  batchSize: integer(256, 1, 8192, { unit: 'images', source: 'Our own', help: 'Images that pass the network together.' }),
} as const
