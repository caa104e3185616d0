import type { DatasetFormat } from '../dataset-format.ts'
import type { ExportProblem, FormatContext } from '../export-format.ts'
import type { PlannedImage } from '../export-plan.ts'
import { splitNames } from '../export-row.ts'
import { type DatasetFile, writeHashedFile } from '../hashed-file.ts'
import { type Feature, toExample, toTfRecord } from '../tf-record.ts'
import { readChecked } from '../transfer.ts'

/** A shard ends before it grows past this; one image alone may. */
const shardBytes = 256 * 2 ** 20

/**
 * `SIDE-00000-of-00002.tfrecord`: one `tf.train.Example` an image, with the bytes of its file, and `classes.json`, the class of each label
 * (-1: none). Sides: train, val, test, or all. Images are in the order of their paths: shuffle them when you read.
 */
export const tfRecord: DatasetFormat = {
  holdsImages: true,
  tableRow: (image) => toTfRecord(toExample(toFeatures(image, new Uint8Array(0)))),
  howToLoad: (side) =>
    `import tensorflow as tf\ndataset = tf.data.TFRecordDataset(tf.io.gfile.glob("${side ?? 'all'}-*.tfrecord"))  # features: image/encoded, image/class/label, image/class/text, …`,
  write: async (context) => {
    const written: PlannedImage[] = []
    const problems: ExportProblem[] = []
    const files: DatasetFile[] = []
    for (const side of [...splitNames, 'all']) {
      const shards = divide(context.images.filter(({ split }) => (split ?? 'all') === side))
      for (const [index, images] of shards.entries()) {
        const name = `${side}-${number(index)}-of-${number(shards.length)}.tfrecord`
        files.push(await writeHashedFile(context.folder, name, records(images, context, written, problems)))
      }
    }
    const classNames: (string | null)[] = []
    for (const { classIndex, className } of context.images) if (className !== null) classNames[classIndex] = className
    files.push(await writeHashedFile(context.folder, 'classes.json', [`${JSON.stringify(classNames, null, 1)}\n`]))
    return { images: written, files, problems, copiedInsteadOfLinked: 0 }
  },
}

/** The records of images whose files are as they were imported; the others are noted. */
async function* records(
  images: readonly PlannedImage[],
  { step }: FormatContext,
  written: PlannedImage[],
  problems: ExportProblem[],
): AsyncGenerator<Uint8Array> {
  for (const image of images) {
    step()
    const content = await readChecked(image.row)
    if (typeof content === 'string') {
      problems.push({ relativePath: image.row.relativePath, reason: content })
      continue
    }
    written.push(image)
    yield toTfRecord(toExample(toFeatures(image, content)))
  }
}

function toFeatures({ row, className, classIndex }: PlannedImage, content: Uint8Array): Record<string, Feature> {
  return {
    'image/encoded': content,
    'image/format': row.format,
    'image/filename': row.relativePath,
    'image/width': { integer: row.widthPx },
    'image/height': { integer: row.heightPx },
    'image/key/sha256': row.contentHash,
    'image/class/label': { integer: className === null ? -1 : classIndex },
    'image/class/text': className ?? '',
    'image/class/confidence': { float: row.confidence ?? Number.NaN },
    'image/class/source': row.labelSource ?? '',
    'image/class/reliable': { integer: row.reliable ? 1 : 0 },
  }
}

function divide(images: readonly PlannedImage[]): PlannedImage[][] {
  const shards: PlannedImage[][] = []
  let room = 0
  for (const image of images) {
    if (shards.length === 0 || room < image.row.sizeBytes) {
      shards.push([])
      room = shardBytes
    }
    shards.at(-1)!.push(image)
    room -= image.row.sizeBytes
  }
  return shards
}

function number(value: number): string {
  return String(value).padStart(5, '0')
}
