import type { FormatContext, FormatResult } from '../export-format.ts'
import { writeHashedFile } from '../hashed-file.ts'
import { toCsv } from '../table.ts'

/** `labels.csv`: one row an image, with its path in the original folder. */
export async function writeCsv({ folder, images, options, step }: FormatContext): Promise<FormatResult> {
  for (const _ of images) step()
  const file = await writeHashedFile(folder, 'labels.csv', toCsv(images, options))
  return { images, files: [file], problems: [], copiedInsteadOfLinked: 0 }
}
