import { type Embeddings, rowsOf } from '#engine/clustering/embeddings.ts'
import { clusterByGraph } from '#engine/clustering/graph-clusters.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import type { ResolvedRecipe } from '#shared/recipes/recipe.ts'
import { type Message, say } from '#shared/said.ts'
import type { StageTask } from '#shared/worker-protocol.ts'
import { toHeadScale } from './encoders/head-views.ts'
import { encoderNames } from './encoders/open-encoders.ts'
import { loadViewFeatures, partDimensionsOf } from './encoders/view-features.ts'
import { graphMemoryBytes } from './graph-start.ts'
import { type RunFiles, type RunHost, runFiles } from './run-context.ts'
import { inHundredths, stoppable } from './stoppable.ts'

/** Modularity of the clusters of each kind of features. */
type FeatureChoice = Readonly<{ source: 'packaged' | 'both'; packaged: number; learned: number; both: number }>

const mostImages = 5000

/**
 * Whether the features that a run learned stay beside the packaged ones, decided without labels: they do where both together divide the
 * images more clearly (greater modularity of the graph of neighbours) than either does alone, which they can only where both see the same
 * groups. Else the packaged ones, which saw a million other images, are right more often. At most 5,000 images are asked.
 *
 * @throws StageStopped; NOT_FOUND before all features are computed.
 * @source Our own.
 */
export async function chooseFeatures(
  { recipe, clusterCount, seed }: Pick<StageTask, 'recipe' | 'clusterCount' | 'seed'>,
  imageCount: number,
  host: RunHost,
): Promise<ResolvedRecipe> {
  if (recipe.pretrain.source !== 'both' || recipe.embed.together !== 'auto') return recipe
  if (!host.files.read(runFiles.featureChoice)) {
    const names = encoderNames(recipe)
    const chosen = createRandom(deriveSeed(seed, 'feature-choice')).shuffled(imageCount).slice(0, Math.max(mostImages, clusterCount))
    const kinds = { packaged: names.filter((name) => name !== 'learned'), learned: ['learned'], both: names }
    const found: Record<string, number> = {}
    for (const [place, [kind, encoders]] of Object.entries(kinds).entries()) {
      const { embeddings } = loadViewFeatures(encoders, recipe.embed, host.files, imageCount)
      const options = {
        ...{ clusterCount, memoryBytes: graphMemoryBytes, seed: deriveSeed(seed, 'feature-choice', 'graph') },
        partDimensions: partDimensionsOf(encoders, host.files, imageCount),
      }
      const sample: Embeddings = toHeadScale(rowsOf(embeddings, chosen))
      const clusters = await stoppable(host, inHundredths(say('comparingFeatures', { place: place + 1, total: 3 })), (follow) =>
        clusterByGraph(sample, options, follow),
      )
      found[kind] = clusters.modularity
    }
    const choice: FeatureChoice = {
      source: found.both! > Math.max(found.packaged!, found.learned!) ? 'both' : 'packaged',
      ...(found as Omit<FeatureChoice, 'source'>),
    }
    host.files.write(runFiles.featureChoice, new TextEncoder().encode(JSON.stringify(choice)))
    host.log(inWords(choice))
  }
  return withChosenFeatures(recipe, host.files)
}

/** The recipe of a run that has made that choice, or has none to make. */
export function withChosenFeatures(recipe: ResolvedRecipe, files: Pick<RunFiles, 'read'>): ResolvedRecipe {
  const stored = files.read(runFiles.featureChoice)
  if (!stored) return recipe
  const { source } = JSON.parse(new TextDecoder().decode(stored)) as FeatureChoice
  return { ...recipe, pretrain: { ...recipe.pretrain, source } }
}

/** The figures of that choice; null where there was none to make. */
export function comparedFeatures(files: Pick<RunFiles, 'read'>): Omit<FeatureChoice, 'source'> | null {
  const stored = files.read(runFiles.featureChoice)
  if (!stored) return null
  const { packaged, learned, both } = JSON.parse(new TextDecoder().decode(stored)) as FeatureChoice
  return { packaged, learned, both }
}

function inWords({ source, packaged, learned, both }: FeatureChoice): Message {
  const figures = { both: both.toFixed(3), packaged: packaged.toFixed(3), learned: learned.toFixed(3) }
  return say(source === 'both' ? 'featuresTogether' : 'featuresPackaged', figures)
}
