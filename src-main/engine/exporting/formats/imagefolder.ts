import type { DatasetFormat } from '../dataset-format.ts'
import { writeHashedFile } from '../hashed-file.ts'
import { toCsv, toCsvRow } from '../table.ts'
import { transferImages } from '../transfer-images.ts'

/** `[split/]class/image` with `mapping.csv`: from the name in the dataset to the original path and class. */
export const imageFolder: DatasetFormat = {
  folderOf: (split, classFolder) => (split === null ? classFolder : `${split}/${classFolder}`),
  tableRow: toCsvRow,
  howToLoad: (side) => `from torchvision.datasets import ImageFolder\ndataset = ImageFolder("${side ?? '.'}")`,
  write: async (context) => {
    const transferred = await transferImages(context)
    const mapping = await writeHashedFile(context.folder, 'mapping.csv', toCsv(transferred.images, context.options))
    return { ...transferred, files: [...transferred.files, mapping] }
  },
}
