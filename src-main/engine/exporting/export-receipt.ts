import type { ExportFormatName } from '#shared/export-formats.ts'
import type { ExportProblem } from './export-format.ts'
import type { ExcludedCounts, PlannedClass, PlannedCount } from './export-plan.ts'
import type { SplitName } from './export-row.ts'
import type { UnprovenClass } from './purity-gate.ts'

/** What an export did; counts are of what is in the dataset. */
export type ExportReceipt = Readonly<{
  out: string
  format: ExportFormatName
  count: number
  sizeBytes: number
  classes: readonly PlannedClass[]
  splits: Partial<Record<SplitName, PlannedCount>>
  excluded: ExcludedCounts
  /** Classes whose images were left out because they are not proved to be pure enough. */
  unproven: readonly UnprovenClass[]
  /** Images left out because their file is not what was imported. */
  problems: readonly ExportProblem[]
  problemCounts: Readonly<Record<ExportProblem['reason'], number>>
  copiedInsteadOfLinked: number
  warnings: readonly string[]
}>
