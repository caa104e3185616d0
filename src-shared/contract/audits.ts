import { z } from 'zod'
import { classIdSchema, imageIdSchema } from '../entities.ts'
import { imageTileSchema } from './images.ts'
import { procedure } from './procedure.ts'

const count = z.number().int().nonnegative()
const ratio = z.number().min(0).max(1)
const done = z.object({ editId: z.number().int().nullable() })

/** What a random sample says of one class as it is now. */
const auditSchema = z
  .object({
    classId: classIdSchema,
    /** Images that have this class from something else than a person, and those that were looked at for this. */
    imageCount: count,
    /** The sample, and how many of it were right. */
    looked: count,
    right: count,
    /** Share of right ones, with its 95 % interval; null before the first look. */
    purity: ratio.nullable(),
    lower: ratio,
    upper: ratio,
    /** Answers that count again when `missing` images that came to the class since were looked at. */
    waiting: count,
    missing: count,
    /** Answers that do not count any more: a later run has learned from them, or the class has lost their clusters. */
    outdated: count,
  })
  .readonly()
export type Audit = z.infer<typeof auditSchema>

/** "Look at 30 random images": how pure each class is, proved by a sample. Belongs to the current clustering. */
export const auditsContract = {
  /** Every class, by id. */
  list: procedure.output(z.array(auditSchema).readonly()),
  /** The next images of the draw that nobody looked at; fewer, or none, at the end of the class. The order depends on the run's seed. */
  next: procedure
    .input(z.object({ classId: classIdSchema, count: z.number().int().min(1).max(500).default(30) }))
    .output(z.array(imageTileSchema).readonly()),
  /**
   * What a person saw. A right image is confirmed; a wrong one is rejected, or gets the class `correctClassId`, and counts as wrong all
   * the same. One act, undone as one. An image that was answered before is answered anew.
   *
   * @throws CONFLICT for an image that the audit of this class is not about.
   */
  answer: procedure
    .input(
      z.object({
        classId: classIdSchema,
        right: z.array(imageIdSchema).default([]),
        wrong: z.array(imageIdSchema).default([]),
        correctClassId: classIdSchema.optional(),
      }),
    )
    .output(done.extend({ audit: auditSchema })),
  /** Begins again: the answers are forgotten, what was confirmed or corrected stays, and the next sample is of the images left. */
  forget: procedure.input(z.object({ classId: classIdSchema })).output(done),
}
