import type { DatasetFormat } from '../dataset-format.ts'
import { imageFolder } from './imagefolder.ts'

/**
 * `train|val|test/class/image`: a dataset for classification as Ultralytics' YOLO reads it, with `mapping.csv` as in an ImageFolder.
 * Without a split all images are in `train`.
 *
 * @source Ultralytics, "Image Classification Datasets Overview"
 */
export const yolo: DatasetFormat = {
  ...imageFolder,
  folderOf: (split, classFolder) => `${split ?? 'train'}/${classFolder}`,
  howToLoad: () => `from ultralytics import YOLO\nYOLO("yolo11n-cls.pt").train(data=".", epochs=10)`,
}
