import type { ExportProblem } from './export-format.ts'
import type { PlannedClass, PlannedCount } from './export-plan.ts'
import type { ExportFormatName, SplitName } from './export-row.ts'

/** What an export did; counts are of what is in the dataset. */
export type ExportReceipt = Readonly<{
  out: string
  format: ExportFormatName
  count: number
  sizeBytes: number
  classes: readonly PlannedClass[]
  splits: Partial<Record<SplitName, PlannedCount>>
  excluded: Readonly<{ unlabelled: number; lowConfidence: number; unreliable: number }>
  /** Images left out because their file is not what was imported. */
  problems: readonly ExportProblem[]
  problemCounts: Readonly<Record<ExportProblem['reason'], number>>
  copiedInsteadOfLinked: number
  warnings: readonly string[]
}>
