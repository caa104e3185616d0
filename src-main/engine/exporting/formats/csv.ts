import type { DatasetFormat } from '../dataset-format.ts'
import { writeHashedFile } from '../hashed-file.ts'
import { toCsv, toCsvRow } from '../table.ts'

/** `labels.csv`: one row an image, with its path in the original folder. */
export const csv: DatasetFormat = {
  tableRow: toCsvRow,
  howToLoad: () => `import pandas as pd\nlabels = pd.read_csv("labels.csv", keep_default_na=False)`,
  write: async ({ folder, images, options, step }) => {
    for (const _ of images) step()
    const file = await writeHashedFile(folder, 'labels.csv', toCsv(images, options))
    return { images, files: [file], problems: [], copiedInsteadOfLinked: 0 }
  },
}
