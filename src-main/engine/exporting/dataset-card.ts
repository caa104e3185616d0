import { basename } from 'node:path'
import type { ExportReceipt } from './export-receipt.ts'
import type { ExportFormatName, ExportOptions } from './export-row.ts'
import { splitNames } from './export-row.ts'

const howToLoad: Record<ExportFormatName, (folder: string) => string> = {
  imagefolder: (folder) => `from torchvision.datasets import ImageFolder\ndataset = ImageFolder("${folder}")`,
  csv: () => `import pandas as pd\nlabels = pd.read_csv("labels.csv", keep_default_na=False)`,
  jsonl: () => `import pandas as pd\nlabels = pd.read_json("labels.jsonl", lines=True, dtype=False)`,
  npy: () =>
    `import json\nimport numpy as np\nembeddings = np.load("embeddings.npy")\nlabels = np.load("labels.npy")\nfiles = json.load(open("files.json", encoding="utf-8"))`,
}

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
    options.unlabelled === 'skip' && 'images without a class left out',
  ].filter((part) => part !== false)
  const root = split === null ? '.' : (sides[0] ?? '.')
  return `${[
    `# ${toCell(basename(options.out))}`,
    '',
    `${receipt.count} images in ${receipt.classes.length} classes, from the project ${toCell(provenance.projectName)}.`,
    '',
    ...table,
    '',
    '## How the labels were made',
    '',
    'The images were clustered with SPICE, without labels; clusters were then given class names. Labels are',
    'machine-made unless `label_source` says `human` or `imported`. `confidence` is the classifier’s (0 to 1),',
    '`local_consistency` the share of nearest neighbours that agree (0 to 1).',
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
    howToLoad[options.format](root),
    '```',
    '',
    '`manifest.json` has the SHA-256 of every file, the full recipe and the original class names.',
    ...(options.format === 'jsonl' || options.escapeFormulas
      ? []
      : [
          '',
          'The CSV holds file names and class names as they are. A spreadsheet may run a cell that begins with `=`, `+`,',
          '`-` or `@` as a formula: import the file as text if you do not trust the names.',
        ]),
  ].join('\n')}\n`
}

function toCell(value: string | number): string {
  return String(value)
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .replace(/[|\\`<>[\]]/g, (mark) => `\\${mark}`)
}
