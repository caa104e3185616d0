import { basename } from 'node:path'
import { datasetFormats } from './dataset-formats.ts'
import type { PlannedClass } from './export-plan.ts'
import type { ExportReceipt } from './export-receipt.ts'
import type { ExportOptions } from './export-row.ts'
import { splitNames } from './export-row.ts'
import type { UnprovenClass } from './purity-gate.ts'

/** The README.md of a dataset, for the person who gets it without knowing where it comes from. */
export function toDatasetCard(receipt: ExportReceipt, options: ExportOptions): string {
  const { provenance, split } = options
  const sides = splitNames.filter((name) => receipt.splits[name] !== undefined)
  const row = (cells: readonly (string | number)[]): string => `| ${cells.map(toCell).join(' | ')} |`
  const table = [
    row(['class', 'folder', ...sides, 'images']),
    row(['---', '---', ...sides.map(() => '--:'), '--:']),
    ...receipt.classes.map((entry) =>
      row([entry.name ?? '(no class)', entry.folder, ...sides.map((side) => entry.splits[side]?.count ?? 0), entry.count]),
    ),
  ]
  const chosen = [
    options.onlyReliable && 'only reliable images',
    options.minConfidence > 0 && `confidence of at least ${options.minConfidence}`,
    options.minPurity > 0 && `only classes that an audit proves to be at least ${toPercent(options.minPurity)} pure`,
    options.unlabelled === 'skip' && 'images without a class left out',
  ].filter((part) => part !== false)
  const audited = receipt.classes.filter(({ purity }) => purity !== null && purity.looked > 0)
  return `${[
    `# ${toCell(basename(options.out))}`,
    '',
    `${receipt.count} images in ${receipt.classes.length} classes, from the project ${toCell(provenance.projectName)}.`,
    '',
    ...table,
    '',
    ...toProof(audited, receipt.unproven),
    '## How the labels were made',
    '',
    'The images were clustered with SPICE, without labels; clusters were then given class names. Labels are',
    'machine-made unless `label_source` says `human` or `imported`. `confidence` is the classifier’s (0 to 1),',
    '`local_consistency` the share of nearest neighbours that agree (0 to 1), `head_agreement` the share of the other',
    'heads of the clustering that agree (0 to 1).',
    '',
    `- Chosen: ${chosen.length > 0 ? chosen.join('; ') : 'all images'}. Labels set by a person are kept in any case.`,
    ...(split === null
      ? []
      : [
          `- Split ${splitNames.map((name) => `${name} ${split[name]}`).join(', ')}, stratified by class, seed ${options.seed}; duplicates and near-duplicates are always on one side.`,
        ]),
    `- Run ${provenance.runId ?? 'unknown'}, seed ${provenance.seed}${provenance.createdAt === null ? '' : `, exported ${provenance.createdAt}`}.`,
    ...Object.entries(provenance.versions).map(([name, version]) => `- ${toCell(name)} ${toCell(version)}`),
    ...receipt.warnings.map((warning) => `- Note: ${toCell(warning)}`),
    ...(receipt.problems.length > 0 ? [`- Left out because the file was missing, unreadable or changed: ${receipt.problems.length}.`] : []),
    '',
    '## Load it',
    '',
    '```python',
    datasetFormats[options.format].howToLoad(split === null ? null : (sides[0] ?? null)),
    '```',
    '',
    '`manifest.json` has the SHA-256 of every file, the full recipe and the original class names.',
    ...(!['imagefolder', 'yolo', 'csv', 'npy'].includes(options.format) || options.escapeFormulas
      ? []
      : [
          '',
          'The CSV holds file names and class names as they are. A spreadsheet may run a cell that begins with `=`, `+`,',
          '`-` or `@` as a formula: import the file as text if you do not trust the names.',
        ]),
  ].join('\n')}\n`
}

/** What audits of the classes proved, and which classes are missing because they were not proved. */
function toProof(audited: readonly PlannedClass[], unproven: readonly UnprovenClass[]): string[] {
  if (audited.length === 0 && unproven.length === 0) return []
  const named = unproven.map(({ name, purity }) => `${toCell(name)} (at least ${toPercent(purity.lower)})`).join(', ')
  return [
    '## How pure the classes are',
    '',
    'A person looked at a random sample of the images of each class whose label no person had given, before any of it was corrected.',
    'The interval is Wilson’s with 95 % confidence, for a class of this size.',
    '',
    '| class | right | looked at | of | purity | interval |',
    '| --- | --: | --: | --: | --: | --- |',
    ...audited.map(({ name, purity }) => {
      const { right = 0, looked = 0, imageCount = 0, lower = 0, upper = 1 } = purity ?? {}
      return `| ${[toCell(name ?? ''), right, looked, imageCount, toPercent(right / looked), `${toPercent(lower)} to ${toPercent(upper)}`].join(' | ')} |`
    }),
    '',
    ...(unproven.length > 0 ? [`Left out, because not proved to be pure enough: ${named}.`, ''] : []),
  ]
}

function toPercent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}

function toCell(value: string | number): string {
  return String(value)
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .replace(/[|\\`<>[\]]/g, (mark) => `\\${mark}`)
}
