import { initial } from './001-initial.ts'
import { importedLabels } from './002-imported-labels.ts'
import { contradictions } from './003-contradictions.ts'
import { clustersCounted } from './004-clusters-counted.ts'
import { clustersDerived } from './005-clusters-derived.ts'
import { audits } from './006-audits.ts'
import { headAgreements } from './007-head-agreements.ts'
import { runChoices } from './008-run-choices.ts'
import { dismissedAdvice } from './009-dismissed-advice.ts'
import { exportProblems } from './010-export-problems.ts'
import type { Migration } from './migration.ts'

/** Every migration, in order; the last one's version is the schema of this release. */
export const migrations: readonly Migration[] = [
  initial,
  importedLabels,
  contradictions,
  clustersCounted,
  clustersDerived,
  audits,
  headAgreements,
  runChoices,
  dismissedAdvice,
  exportProblems,
]
