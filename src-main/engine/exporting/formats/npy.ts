import { SpicerackError } from '#shared/errors.ts'
import { say } from '#shared/said.ts'
import type { DatasetFormat } from '../dataset-format.ts'
import type { FormatContext, FormatResult } from '../export-format.ts'
import { writeHashedFile } from '../hashed-file.ts'
import { writeNpy } from '../npy-file.ts'
import { toCsv, toCsvRow } from '../table.ts'

/**
 * `embeddings.npy` `[n, dim]` float32, `labels.npy` `[n]` int64 (index into the classes of the manifest,
 * -1 without a class), `files.json` (original paths) and `rows.csv`, all in the same order.
 */
export const npy: DatasetFormat = {
  // A row of rows.csv, a line of files.json, and the eight bytes of a label.
  tableRow: (image, options) => `${toCsvRow(image, options)} ${JSON.stringify(image.row.relativePath)},\n${' '.repeat(8)}`,
  howToLoad: () =>
    `import json\nimport numpy as np\nembeddings = np.load("embeddings.npy")\nlabels = np.load("labels.npy")\nfiles = json.load(open("files.json", encoding="utf-8"))`,
  write: writeNpyDataset,
}

/** @throws BAD_INPUT when there are no embeddings. */
async function writeNpyDataset(context: FormatContext): Promise<FormatResult> {
  const { folder, images, options, embeddings, step } = context
  if (embeddings === null) throw new SpicerackError('BAD_INPUT', say('nothingEmbedded'), { advice: say('runUpToEmbed') })
  const { dim, values } = embeddings
  function* vectors(): Generator<Float32Array> {
    for (const { rowIndex } of images) {
      step()
      yield values.subarray(rowIndex * dim, (rowIndex + 1) * dim)
    }
  }
  const labels = BigInt64Array.from(images, (image) => BigInt(image.className === null ? -1 : image.classIndex))
  const paths = images.map((image) => image.row.relativePath)
  const files = [
    await writeNpy(folder, 'embeddings.npy', { dtype: '<f4', shape: [images.length, dim] }, vectors()),
    await writeNpy(folder, 'labels.npy', { dtype: '<i8', shape: [images.length] }, [labels]),
    await writeHashedFile(folder, 'files.json', [`${JSON.stringify(paths, null, 1)}\n`]),
    await writeHashedFile(folder, 'rows.csv', toCsv(images, options)),
  ]
  return { images, files, problems: [], copiedInsteadOfLinked: 0 }
}
