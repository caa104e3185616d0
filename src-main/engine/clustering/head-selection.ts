import type { HeadScore } from '#shared/worker-protocol.ts'
import { likeliest } from './likeliest.ts'
import { contingencyTable, normalizedMutualInformation } from './metrics.ts'
import { type PseudoLabels, type SelectionInput, selectOverlapping } from './pseudo-labels.ts'

/** The likeliest cluster of each image, `[images]`, and the published loss of the pairs that the head selects. */
export type HeadJudgement = Readonly<{ clusters: Int32Array; loss: number }>

export type HeadChoice = Readonly<{ heads: readonly HeadScore[]; best: number }>

/** Weight of the share of empty clusters, against a loss scaled to 0 (all certain) - 1 (knows nothing). */
const emptyPenalty = 1
/** Weight of the mean agreement with the other heads. */
const agreementBonus = 0.5

/**
 * What counts of one head when one is to be kept, so that the probabilities of only one are needed at a time.
 *
 * @param input The probabilities of that head over all images, alone.
 * @source SPICE, `tools/train_self_v2.py`: double-softmax cross-entropy of the pairs that the head itself selects.
 */
export async function judgeHead(input: SelectionInput): Promise<HeadJudgement> {
  const { probabilities, clusterCount } = input
  const [selection] = await selectOverlapping(input)
  const { clusters } = likeliest(probabilities[0], clusterCount)
  return { clusters, loss: doubleSoftmaxLoss(probabilities[0], selection, clusterCount) }
}

/**
 * The head to keep, chosen without any label.
 *
 * @param rule `lowest-loss` as published.
 *   `loss-and-agreement`: that loss scaled to 0-1, plus the share of empty clusters, minus half the agreement with the other heads.
 * @returns A score for each head (lowest loss is best; the first of equals), and the best one.
 * @source SPICE, `tools/train_self_v2.py`: lowest loss over heads.
 */
export function chooseHead(
  judgements: readonly HeadJudgement[],
  clusterCount: number,
  rule: 'lowest-loss' | 'loss-and-agreement',
): HeadChoice {
  const clusterings = judgements.map(({ clusters }) => clusters)
  const heads = judgements.map(({ clusters, loss: published }, index): HeadScore => {
    const emptyClusters = clusterCount - new Set(clusters).size
    const agreement = meanAgreement(clusterings, index, clusterCount)
    const floor = Math.log((Math.E + clusterCount - 1) / Math.E)
    // A single cluster leaves nothing to be unsure of.
    const scaled = clusterCount === 1 ? 0 : (published - floor) / (Math.log(clusterCount) - floor)
    const loss = rule === 'lowest-loss' ? published : scaled + (emptyPenalty * emptyClusters) / clusterCount - agreementBonus * agreement
    return { head: index, loss, emptyClusters, agreement }
  })
  const best = heads.reduce((lowest, score) => (score.loss < heads[lowest].loss ? score.head : lowest), 0)
  return { heads, best }
}

/**
 * Mean over pairs of -log softmax(probabilities)[label]: cross-entropy with a second softmax, as published.
 *
 * @param probabilities `[images, clusters]`, row-major.
 */
export function doubleSoftmaxLoss(
  probabilities: Float32Array,
  { indices, labels }: Pick<PseudoLabels, 'indices' | 'labels'>,
  clusterCount: number,
): number {
  let sum = 0
  indices.forEach((image, pair) => {
    let total = 0
    for (let cluster = 0; cluster < clusterCount; cluster++) total += Math.exp(probabilities[image * clusterCount + cluster])
    sum += Math.log(total) - probabilities[image * clusterCount + labels[pair]]
  })
  return sum / indices.length
}

/** Mean NMI with the other heads, 0-1; 1 when there is no other. */
function meanAgreement(clusterings: readonly Int32Array[], head: number, clusterCount: number): number {
  const others = clusterings.filter((_, other) => other !== head)
  if (others.length === 0) return 1
  return (
    others.reduce(
      (sum, other) => sum + normalizedMutualInformation(contingencyTable(other, clusterings[head], clusterCount, clusterCount)),
      0,
    ) / others.length
  )
}
