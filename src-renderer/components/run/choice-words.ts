import type { RunChoice } from '#shared/run-choices.ts'
import type { Said } from '#shared/said.ts'

/** How a text is made: its name and what it names; `plural` chooses its form. */
type Translate = (name: string, values: Record<string, string>, plural?: number) => string

/** How numbers are written; `figure` with three digits after the point, `cluster` the name of the one with this number, from 1. */
export type ChoiceFormats = Readonly<{
  cluster(number: number): string
  said(said: Said): string
  number(value: number): string
  percent(share: number): string
  figure(value: number): string
}>

/** Clusters that are named one by one. */
const mostNamed = 10

/** What a run chose and why, in sentences: each names the figures that decided. */
export function choiceInWords(
  choice: RunChoice,
  translate: Translate,
  { number, percent, figure, cluster, said }: ChoiceFormats,
): string[] {
  const say = (name: string, values: Record<string, string> = {}, plural = 1): string => translate(`run.choices.${name}`, values, plural)
  const figures = (values: Readonly<Record<string, number>>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, figure(value)]))
  const clusters = (numbers: readonly number[]): string =>
    [...numbers.slice(0, mostNamed).map(cluster), ...(numbers.length > mostNamed ? ['…'] : [])].join(', ')
  switch (choice.kind) {
    case 'clusterCount':
      return choice.reason === null
        ? [say('clusterCountGiven', { count: number(choice.count) })]
        : [say('clusterCountSuggested', { count: number(choice.count), reason: said(choice.reason) })]
    case 'mirror':
      return [say(choice.isUsed ? 'mirrorUsed' : 'mirrorUnused', { percent: percent(choice.fartherRatio) })]
    case 'precision':
      return [say('precision', { precision: choice.precision, gain: figure(choice.gain) })]
    case 'features': {
      const name = { packaged: 'featuresPackaged', learned: 'featuresLearned', onnx: 'featuresOnnx', both: 'featuresBoth' }[choice.source]
      return [say(choice.compared ? `${name}Compared` : name, { dimension: number(choice.dimension), ...figures(choice.compared ?? {}) })]
    }
    case 'head': {
      const { head, headCount, loss, nextLoss, agreement } = choice
      if (nextLoss === null) return [say('headOnly')]
      const values = { head: number(head + 1), count: number(headCount), agreement: percent(agreement) }
      return [say('head', { ...values, ...figures({ loss, next: nextLoss }) })]
    }
    case 'clusters':
      return [say(choice.kept === 'graph' ? 'clustersGraph' : 'clustersHead', figures({ graph: choice.graph, head: choice.head }))]
    case 'reliable': {
      const { reliableCount, imageCount, thin, empty, thinBelow } = choice
      const share = percent(imageCount === 0 ? 0 : reliableCount / imageCount)
      return [
        say('reliable', { count: number(reliableCount), total: number(imageCount), percent: share }),
        ...(thin.length > 0 ? [say('thin', { clusters: clusters(thin), count: number(thinBelow) }, thin.length)] : []),
        ...(empty.length > 0 ? [say('empty', { clusters: clusters(empty) }, empty.length)] : []),
      ]
    }
    case 'classifier':
      if (!choice.compared) return [say('classifier')]
      return [say(choice.isKept ? 'classifierKept' : 'classifierLeft', figures(choice.compared))]
  }
}
