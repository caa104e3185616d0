import type { DatasetFormat } from '../dataset-format.ts'
import type { PlannedImage } from '../export-plan.ts'
import { writeHashedFile } from '../hashed-file.ts'
import { toRecord } from '../table.ts'

const toLine = (image: PlannedImage): string => `${JSON.stringify(toRecord(image))}\n`

/** `labels.jsonl`: one JSON object a line, the columns of the CSV as keys. */
export const jsonLines: DatasetFormat = {
  tableRow: toLine,
  howToLoad: () => `import pandas as pd\nlabels = pd.read_json("labels.jsonl", lines=True, dtype=False)`,
  write: async ({ folder, images, step }) => {
    function* lines(): Generator<string> {
      for (const image of images) {
        step()
        yield toLine(image)
      }
    }
    const file = await writeHashedFile(folder, 'labels.jsonl', lines())
    return { images, files: [file], problems: [], copiedInsteadOfLinked: 0 }
  },
}
