import type { ExportFormatName } from '#shared/export-formats.ts'
import type { DatasetFormat } from './dataset-format.ts'
import { coco } from './formats/coco.ts'
import { csv } from './formats/csv.ts'
import { huggingFace } from './formats/huggingface.ts'
import { imageFolder } from './formats/imagefolder.ts'
import { jsonLines } from './formats/jsonl.ts'
import { npy } from './formats/npy.ts'
import { parquet } from './formats/parquet.ts'
import { tfRecord } from './formats/tfrecord.ts'
import { yolo } from './formats/yolo.ts'

/** Every format by its name. */
export const datasetFormats: Readonly<Record<ExportFormatName, DatasetFormat>> = {
  imagefolder: imageFolder,
  yolo,
  coco,
  huggingface: huggingFace,
  csv,
  jsonl: jsonLines,
  parquet,
  tfrecord: tfRecord,
  npy,
}
