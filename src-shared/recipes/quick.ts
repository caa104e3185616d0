import type { Recipe, RecipeFacts } from './recipe.ts'
import { encoderSide, mirrorWhereAlike, standard } from './standard.ts'

const once = 'Features are computed once, and only heads are trained.'

const semiSteps = ({ imageCount }: RecipeFacts): number => Math.round(Math.min(1500, Math.max(150, imageCount / 5)))

/** A first answer in minutes: packaged encoders stay as they are; all else is as in `standard`, on their features. */
export const quick: Recipe = {
  name: 'quick',
  changes: {
    pretrain: {
      source: { value: 'packaged', reason: 'Encoders that others trained on photographs need no learning here.' },
      mirror: mirrorWhereAlike,
    },
    embed: { inputSidePx: encoderSide },
    self: {
      ...standard.changes.self,
      headCount: { value: 5, reason: 'Half of the time; heads that start from the same clusters agree early.' },
      epochs: { value: 4, reason: 'Features that stay as they are are learned in few passes.' },
      repeats: { value: 4, reason: 'Features that stay as they are are learned in few passes.' },
    },
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
