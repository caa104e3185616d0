import type { Recipe, RecipeFacts } from './recipe.ts'
import { standard } from './standard.ts'

const once = 'Features are computed once, and only heads are trained.'

const semiSteps = ({ imageCount }: RecipeFacts): number => Math.round(Math.min(1500, Math.max(150, imageCount / 5)))

/** A first answer in minutes: packaged encoders stay as they are; all else is as in `standard`, on their features. */
export const quick: Recipe = {
  name: 'quick',
  changes: {
    pretrain: {
      source: { value: 'packaged', reason: 'Encoders that others trained on photographs need no learning here.' },
    },
    embed: {
      inputSidePx: {
        value: ({ imageSize }) => (imageSize <= 96 ? 128 : 224),
        reason: 'The encoders were trained on large images; enlarging small ones further gains nothing.',
      },
    },
    self: { ...standard.changes.self },
    reliable: { ...standard.changes.reliable },
    semi: {
      start: { value: 'pretrained', reason: 'The chosen head is the start.' },
      threshold: { value: 'adaptive', reason: 'FreeMatch: a fixed 0.95 silences the classes that are learned late.' },
      steps: { value: semiSteps, reason: once },
      learningRate: { value: 0.01, reason: 'Fine-tuning starts from good weights.' },
      averageMomentum: {
        value: (facts) => 1 - Math.min(0.1, 20 / semiSteps(facts)),
        reason: 'The average spans a twentieth of the steps.',
      },
    },
  },
}
