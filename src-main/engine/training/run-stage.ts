import type { StageName } from '#shared/jobs.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { decideRecipe } from './decided-recipe.ts'
import { classifiesImages, usesFixedFeatures } from './encoders/open-encoders.ts'
import { withChosenFeatures } from './feature-choice.ts'
import { toLearningSide } from './image-source.ts'
import type { RunContext } from './run-context.ts'
import { embed } from './stages/embed.ts'
import { pretrain } from './stages/pretrain.ts'
import { reliable } from './stages/reliable.ts'
import { self } from './stages/self.ts'
import { semi } from './stages/semi.ts'

const stages: Readonly<Record<StageName, (context: RunContext) => Promise<StageResult>>> = { pretrain, embed, self, reliable, semi }

/**
 * Takes one stage of a run to its end, from its checkpoint if there is one; a stage that is done gives its stored result.
 *
 * @throws StageStopped when asked to stop, and what the stages throw.
 */
export async function runStage({ task, source, host }: RunContext): Promise<StageResult> {
  const decided = await decideRecipe(task.recipe, source, task.seed, host)
  const recipe = task.stage === 'pretrain' ? decided : withChosenFeatures(decided, host.files)
  return stages[task.stage]({
    task: { ...task, recipe },
    source: looksAtLearningSide(task.stage, recipe) ? toLearningSide(source, recipe) : source,
    host,
  })
}

/** Whether a stage passes the images through the network that the run learns, and through no other. */
function looksAtLearningSide(stage: StageName, recipe: ResolvedRecipe): boolean {
  return stage === 'pretrain' || !usesFixedFeatures(recipe) || (stage === 'semi' && classifiesImages(recipe))
}
