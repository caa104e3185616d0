import { SpicerackError } from '#shared/errors.ts'
import { estimatePurity, looksToReach, type PurityEstimate, type PuritySample } from '#shared/purity.ts'
import { say } from '#shared/said.ts'
import type { ClassLooks, ExportOptions, ExportRow } from './export-row.ts'

/** What a random sample says of the labels of a class that no person gave. */
export type ClassPurity = PuritySample & PurityEstimate
/** A class whose purity is not proved, with the looks that are missing; null where too many were wrong. */
export type UnprovenClass = Readonly<{ name: string; purity: ClassPurity; missingLooks: number | null }>

/** Whether an image passes the thresholds; a label that a person set or imported passes in any case. */
export function passesThresholds(
  row: Pick<ExportRow, 'confidence' | 'reliable' | 'labelSource'>,
  { onlyReliable, minConfidence }: Pick<ExportOptions, 'onlyReliable' | 'minConfidence'>,
): 'yes' | 'unreliable' | 'lowConfidence' {
  if (row.labelSource === 'human' || row.labelSource === 'imported') return 'yes'
  if (onlyReliable && !row.reliable) return 'unreliable'
  return (row.confidence ?? 0) < minConfidence ? 'lowConfidence' : 'yes'
}

/**
 * The purity of each class among the images that this export chooses: the looks at those of them are a random sample of them, since what
 * an export chooses does not depend on what was seen. Labels of a person are not counted; a class that has no others is not in the answer.
 */
export function measurePurity(
  chosen: readonly ExportRow[],
  audits: readonly ClassLooks[],
  options: Pick<ExportOptions, 'onlyReliable' | 'minConfidence'>,
): ReadonlyMap<string, ClassPurity> {
  const looksOf = new Map(
    audits.map(({ className, looks }) => [className, looks.filter((look) => passesThresholds(look, options) === 'yes')]),
  )
  const members = new Map<string, Set<ExportRow['imageId']>>()
  for (const { className, labelSource, imageId } of chosen) {
    if (className === null || labelSource === 'human') continue
    const known = members.get(className)
    if (known) known.add(imageId)
    else members.set(className, new Set([imageId]))
  }
  return new Map(
    [...members].map(([className, ids]) => {
      const looks = looksOf.get(className) ?? []
      for (const { imageId } of looks) ids.add(imageId)
      const sample = { imageCount: ids.size, looked: looks.length, right: looks.filter(({ isRight }) => isRight).length }
      return [className, { ...sample, ...estimatePurity(sample) }]
    }),
  )
}

/** The classes whose lower bound is below `minPurity`, by name. */
export function findUnproven(purities: ReadonlyMap<string, ClassPurity>, minPurity: number): UnprovenClass[] {
  return [...purities]
    .filter(([, { lower }]) => lower < minPurity)
    .map(([name, purity]) => ({ name, purity, missingLooks: looksToReach(purity, minPurity) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** @throws PURITY_UNPROVEN with every class that is in the way, and the looks that are missing. */
export function requireProof(
  unproven: readonly UnprovenClass[],
  { minPurity, unproven: way }: Pick<ExportOptions, 'minPurity' | 'unproven'>,
): void {
  if (way !== 'refuse' || unproven.length === 0) return
  const named = unproven.map(({ name, missingLooks, purity }) =>
    missingLooks === null
      ? `${name} (${purity.right} of ${purity.looked} were right: too few)`
      : `${name} (${missingLooks} more ${missingLooks === 1 ? 'look' : 'looks'} needed, if ${purity.looked === 0 ? 'all are' : 'as many are'} right)`,
  )
  throw new SpicerackError('PURITY_UNPROVEN', say('unproven', { percent: minPurity * 100, classes: named.join(', ') }), {
    advice: say('auditFirst'),
  })
}
