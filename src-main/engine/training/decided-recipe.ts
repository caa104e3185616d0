import type { Precision } from '#engine/graph/precision.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { say } from '#shared/said.ts'
import { usesLearnedFeatures } from './encoders/open-encoders.ts'
import type { ImageSource } from './image-source.ts'
import { testMirror } from './mirror-test.ts'
import { choosePrecision } from './precision.ts'
import { noteChoice } from './run-choices.ts'
import { type RunFiles, type RunHost, runFiles } from './run-context.ts'

/** What a run found out before it began, where its recipe leaves that open. */
type Choices = Readonly<{ isMirrored: boolean; precision: Precision }>

/**
 * The recipe of a run with nothing left open: whether mirror images are used, and in which precision is learned. What is decided first
 * stays for all stages of the run.
 *
 * @param source The images as they were read.
 */
export async function decideRecipe(recipe: ResolvedRecipe, source: ImageSource, seed: number, host: RunHost): Promise<ResolvedRecipe> {
  if (!isOpen(recipe)) return decidedRecipe(recipe, host.files)
  if (!host.files.read(runFiles.choices)) {
    const choices: Choices = {
      isMirrored: recipe.pretrain.mirror === 'auto' ? await tryMirror(source, seed, host) : recipe.pretrain.mirror !== 'never',
      precision: usesLearnedFeatures(recipe) ? await choosePrecision(recipe.pretrain.precision, host) : 'float32',
    }
    host.files.write(runFiles.choices, new TextEncoder().encode(JSON.stringify(choices)))
  }
  return decidedRecipe(recipe, host.files)
}

/** The recipe with what the run decided before. */
export function decidedRecipe(recipe: ResolvedRecipe, files: Pick<RunFiles, 'read'>): ResolvedRecipe {
  const stored = files.read(runFiles.choices)
  const { pretrain, embed, self, semi } = recipe
  const { isMirrored, precision } = stored
    ? (JSON.parse(new TextDecoder().decode(stored)) as Choices)
    : { isMirrored: pretrain.mirror !== 'never', precision: pretrain.precision ?? 'float32' }
  /** Runs of before there was such a setting mirrored half of the views. */
  const flipOf = ({ flipProbability = 0.5 }: { flipProbability?: number }): number => (isMirrored ? flipProbability : 0)
  return {
    ...recipe,
    pretrain: { ...pretrain, precision, flipProbability: flipOf(pretrain) },
    embed: { ...embed, mirror: embed.mirror && isMirrored },
    self: { ...self, flipProbability: flipOf(self) },
    semi: { ...semi, flipProbability: flipOf(semi) },
  }
}

function isOpen({ pretrain: { mirror, precision } }: ResolvedRecipe): boolean {
  return mirror === 'auto' || precision === 'auto'
}

async function tryMirror(source: ImageSource, seed: number, host: Pick<RunHost, 'files' | 'log'>): Promise<boolean> {
  const { fartherRatio, isAlike } = await testMirror(source, seed)
  noteChoice(host.files, { kind: 'mirror', isUsed: isAlike, fartherRatio })
  host.log(say(isAlike ? 'mirrorUsed' : 'mirrorUnused', { percent: (100 * fartherRatio).toFixed(0) }))
  return isAlike
}
