import type { ExportPlan } from '#engine/exporting/export-plan.ts'
import type { ExportReceipt } from '#engine/exporting/export-receipt.ts'
import type { ExportRequest } from '#shared/contract/exports.ts'
import type { ErrorData } from '#shared/errors.ts'

/** What would be exported, and why each of the other images of the project is not. */
export type PlannedExport = Omit<ExportPlan, 'images' | 'excluded'> &
  Readonly<{ excluded: ExportPlan['excluded'] & Readonly<{ rejected: number; unusable: number }> }>

/** What is kept of an export, and is in its manifest too. */
export type ExportOutcome = Pick<ExportReceipt, 'count' | 'sizeBytes' | 'problemCounts' | 'copiedInsteadOfLinked'>

export type ExportTask = Readonly<{ kind: 'plan' | 'write'; projectPath: string; request: ExportRequest }>
/** What the process hears; `stop` ends what is written, at the next image. */
export type ExportOrder = ExportTask | Readonly<{ kind: 'stop' }>

export type ExportAnswer =
  | Readonly<{ kind: 'progress'; done: number; total: number }>
  | Readonly<{ kind: 'planned'; plan: PlannedExport }>
  | Readonly<{ kind: 'written'; outcome: ExportOutcome }>
  | Readonly<{ kind: 'failed'; error: ErrorData }>
