import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatasetFormat } from '../dataset-format.ts'
import type { PlannedImage } from '../export-plan.ts'
import { splitNames } from '../export-row.ts'
import { type DatasetFile, writeHashedFile } from '../hashed-file.ts'
import { transferImages } from '../transfer-images.ts'

const sideOf = ({ split }: Pick<PlannedImage, 'split'>): string => split ?? 'all'

/**
 * `images/SIDE/image` and `annotations/SIDE.json` in COCO's form. COCO knows objects, not whole images, so an image's class is one
 * annotation whose box is the whole image; an image without a class has none. Sides: train, val, test, or all. Categories are numbered
 * from 1 and are the same on every side. Width and height are those of the picture as it is shown, after EXIF rotation.
 *
 * @source COCO, "Data format" (object detection)
 */
export const coco: DatasetFormat = {
  folderOf: (split) => `images/${sideOf({ split })}`,
  tableRow: (image) => JSON.stringify([toImage(image, 100_000), toAnnotation(image, 100_000)]),
  howToLoad: (side) =>
    `from pycocotools.coco import COCO\ndataset = COCO("annotations/${side ?? 'all'}.json")  # images are in images/${side ?? 'all'}`,
  write: async (context) => {
    const transferred = await transferImages(context)
    const classNames = [...new Map(transferred.images.map((image) => [image.classIndex, image.className]))]
      .sort(([a], [b]) => a - b)
      .flatMap(([id, name]) => (name === null ? [] : [{ id: id + 1, name, supercategory: 'class' }]))
    const files: DatasetFile[] = []
    await mkdir(join(context.folder, 'annotations'))
    for (const side of [...splitNames, 'all']) {
      const images = transferred.images.filter((image) => sideOf(image) === side)
      if (images.length > 0) files.push(await writeHashedFile(context.folder, `annotations/${side}.json`, toJson(images, classNames)))
    }
    return { ...transferred, files: [...transferred.files, ...files] }
  },
}

function* toJson(images: readonly PlannedImage[], categories: readonly object[]): Generator<string> {
  yield '{"info":{"description":"Whole images: every box is its image"},"images":[\n'
  for (const [index, image] of images.entries()) yield `${index === 0 ? '' : ',\n'}${JSON.stringify(toImage(image, index + 1))}`
  yield '\n],"annotations":[\n'
  let isFirst = true
  for (const [index, image] of images.entries()) {
    if (image.className === null) continue
    yield `${isFirst ? '' : ',\n'}${JSON.stringify(toAnnotation(image, index + 1))}`
    isFirst = false
  }
  yield `\n],"categories":${JSON.stringify(categories)}}\n`
}

function toImage({ row, datasetPath }: PlannedImage, id: number) {
  const [fileName] = (datasetPath ?? '').split('/').slice(-1)
  return { id, file_name: fileName, width: row.widthPx, height: row.heightPx, original_path: row.relativePath }
}

function toAnnotation({ row, classIndex }: PlannedImage, id: number) {
  const { widthPx, heightPx, confidence, labelSource, reliable } = row
  return {
    id,
    image_id: id,
    category_id: classIndex + 1,
    bbox: [0, 0, widthPx, heightPx],
    area: widthPx * heightPx,
    iscrowd: 0,
    segmentation: [],
    attributes: { confidence, label_source: labelSource, reliable },
  }
}
