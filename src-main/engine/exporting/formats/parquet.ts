import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import type { DatasetFormat } from '../dataset-format.ts'
import type { PlannedImage } from '../export-plan.ts'
import { writeHashedFile } from '../hashed-file.ts'
import { toRecord } from '../table.ts'

type Columns = Record<keyof Omit<ReturnType<typeof toRecord>, 'dataset_path'>, Pick<ColumnSource, 'type' | 'nullable'>>

const columns: Columns = {
  path: { type: 'STRING', nullable: false },
  class: { type: 'STRING' },
  cluster: { type: 'STRING' },
  confidence: { type: 'DOUBLE' },
  local_consistency: { type: 'DOUBLE' },
  head_agreement: { type: 'DOUBLE' },
  reliable: { type: 'BOOLEAN', nullable: false },
  label_source: { type: 'STRING' },
  split: { type: 'STRING' },
  content_hash: { type: 'STRING', nullable: false },
  exact_group: { type: 'INT32' },
  near_group: { type: 'INT32' },
  size_bytes: { type: 'INT64', nullable: false },
}

/** `labels.parquet`: the columns of the CSV with their types, compressed by Snappy. */
export const parquet: DatasetFormat = {
  tableRows: (images) => toParquet(images).byteLength,
  howToLoad: () => `import pandas as pd\nlabels = pd.read_parquet("labels.parquet")`,
  write: async ({ folder, images, step }) => {
    for (const _ of images) step()
    const file = await writeHashedFile(folder, 'labels.parquet', [toParquet(images)])
    return { images, files: [file], problems: [], copiedInsteadOfLinked: 0 }
  },
}

function toParquet(images: readonly PlannedImage[]): Uint8Array {
  const records = images.map((image) => {
    const record = toRecord(image)
    return { ...record, size_bytes: BigInt(record.size_bytes) }
  })
  const columnData = Object.entries(columns).map(([name, form]) => ({
    name,
    ...form,
    data: records.map((record) => record[name as keyof Columns]),
  }))
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'spicerack' }))
}
