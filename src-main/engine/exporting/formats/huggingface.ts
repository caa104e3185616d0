import type { DatasetFormat } from '../dataset-format.ts'
import type { PlannedImage } from '../export-plan.ts'
import { type DatasetFile, writeHashedFile } from '../hashed-file.ts'
import { toRecord } from '../table.ts'
import { transferImages } from '../transfer-images.ts'

const folderOf = (split: string | null): string => split ?? 'train'

/**
 * `train|val|test/class/image` with a `metadata.jsonl` on each side: `file_name`, `label` and the other columns of the tables, as Hugging
 * Face's `imagefolder` loader reads it. Without a split all images are in `train`.
 *
 * @source Hugging Face Datasets, "Create an image dataset" (ImageFolder)
 */
export const huggingFace: DatasetFormat = {
  folderOf: (split, classFolder) => `${folderOf(split)}/${classFolder}`,
  tableRow: toLine,
  howToLoad: () => `from datasets import load_dataset\ndataset = load_dataset("imagefolder", data_dir=".").class_encode_column("label")`,
  write: async (context) => {
    const transferred = await transferImages(context)
    const files: DatasetFile[] = []
    for (const [side, images] of Map.groupBy(transferred.images, ({ split }) => folderOf(split)))
      files.push(await writeHashedFile(context.folder, `${side}/metadata.jsonl`, images.map(toLine)))
    return { ...transferred, files: [...transferred.files, ...files] }
  },
}

function toLine(image: PlannedImage): string {
  const { dataset_path: path = '', class: label, ...rest } = toRecord(image)
  return `${JSON.stringify({ file_name: path.slice(path.indexOf('/') + 1), label, ...rest })}\n`
}
