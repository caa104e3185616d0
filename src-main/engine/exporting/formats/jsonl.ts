import type { FormatContext, FormatResult } from '../export-format.ts'
import { writeHashedFile } from '../hashed-file.ts'
import { toRecord } from '../table.ts'

/** `labels.jsonl`: one JSON object a line, the columns of the CSV as keys. */
export async function writeJsonLines({ folder, images, step }: FormatContext): Promise<FormatResult> {
  function* lines(): Generator<string> {
    for (const image of images) {
      step()
      yield `${JSON.stringify(toRecord(image))}\n`
    }
  }
  const file = await writeHashedFile(folder, 'labels.jsonl', lines())
  return { images, files: [file], problems: [], copiedInsteadOfLinked: 0 }
}
