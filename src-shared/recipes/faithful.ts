import type { Recipe, RecipeFacts } from './recipe.ts'

/**
 * The published method with the published numbers: the defaults of every stage. Only what cannot be taken literally on
 * a set of another size differs.
 */
export const faithful: Recipe = {
  name: 'faithful',
  changes: {
    pretrain: {
      sidePx: { value: ({ imageSize }) => Math.min(imageSize, 96), reason: 'Published: 32, 64 and 96 px; 224 for ImageNet alone.' },
      batchSize: { value: ({ imageCount }) => Math.max(2, Math.min(128, imageCount)), reason: 'A batch holds at most all images.' },
    },
    self: {
      epochs: { value: 100, reason: 'Published for STL10; 30 for CIFAR10.' },
      cutoutSize: { value: ({ imageSize }) => (imageSize <= 32 ? 0.5 : 0.34), reason: 'Published: 16 of 32 px, 32 of 96 px.' },
    },
    reliable: {
      consistencyThreshold: {
        value: ({ imageSize }: RecipeFacts) => (imageSize <= 32 ? 0.99 : 0.9),
        reason: 'Published: 0.99 for CIFAR at 32 px, 0.90 for STL10 and larger images.',
      },
    },
    semi: {
      backbone: {
        value: ({ imageSize }) => (imageSize <= 64 ? 'wide-resnet-28-2' : 'wide-resnet-stl'),
        reason: 'Published for CIFAR10 and STL10.',
      },
    },
  },
}
