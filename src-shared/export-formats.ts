/** Every format that can be written, in the order in which they are offered. */
export const exportFormats = ['imagefolder', 'yolo', 'coco', 'huggingface', 'csv', 'jsonl', 'parquet', 'tfrecord', 'npy'] as const
export type ExportFormatName = (typeof exportFormats)[number]

/** Those that hold image files, which can be copied or linked. */
export const fileFormats: readonly ExportFormatName[] = ['imagefolder', 'yolo', 'coco', 'huggingface']

/** What to do with classes that no audit proves to be pure enough. */
export const unprovenWays = ['refuse', 'skip'] as const
export type UnprovenWay = (typeof unprovenWays)[number]
