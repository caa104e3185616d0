import type { ImageId, RunId } from '#shared/entities.ts'
import type { Connection } from '../connection.ts'

/** One row an image of a run: how far its heads agree about it, 0-1. Clusterings of both stages share them. */
export function createHeadAgreementsTable({ sql, write }: Connection) {
  const number = '(SELECT number FROM runs WHERE id = ?)'
  const insert = sql.prepare(`INSERT INTO head_agreements (run_number, image_id, agreement) VALUES (${number}, ?, ?)`)
  const one = sql
    .prepare<[string, number], number>(`SELECT agreement FROM head_agreements WHERE run_number = ${number} AND image_id = ?`)
    .pluck()
  const all = sql.prepare<[string], [ImageId, number]>(`SELECT image_id, agreement FROM head_agreements WHERE run_number = ${number}`).raw()
  return {
    save: (runId: RunId, imageIds: readonly ImageId[], agreements: ArrayLike<number>): void =>
      write(() => {
        for (const [row, imageId] of imageIds.entries()) insert.run(runId, imageId, agreements[row])
      }),
    /** Undefined where the run has none, or does not hold the image. */
    get: (runId: RunId, imageId: ImageId): number | undefined => one.get(runId, imageId),
    all: (runId: RunId): Map<ImageId, number> => new Map(all.all(runId)),
  }
}
