import type { StageName } from '#shared/jobs.ts'
import type { StageResult } from '#shared/worker-protocol.ts'
import { usesFixedFeatures } from './encoders/open-encoders.ts'
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
export function runStage(context: RunContext): Promise<StageResult> {
  const { task, source } = context
  const isLearned = task.stage === 'pretrain' || !usesFixedFeatures(task.recipe)
  return stages[task.stage](isLearned ? { ...context, source: toLearningSide(source, task.recipe) } : context)
}
