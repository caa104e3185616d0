import { z } from 'zod'
import { classIdSchema, clusterIdSchema, clusteringSchema, colourSchema, imageIdSchema } from '../entities.ts'
import { imageTileSchema } from './images.ts'
import { procedure } from './procedure.ts'

const count = z.number().int().nonnegative()

/** A decision of a person that stands, and what the run says instead. Where a part of the decision is null, the run does not contradict it. */
const contradictionSchema = z
  .object({
    image: imageTileSchema,
    /** The cluster into which they put it by moving or confirming, the class they gave or imported, and whether they rejected it. */
    decided: z.object({ clusterId: clusterIdSchema.nullable(), classId: classIdSchema.nullable(), rejected: z.boolean() }).readonly(),
    /** `classId`: the class of that cluster. `confidence`: of the cluster, 0-1. */
    found: z.object({ clusterId: clusterIdSchema, classId: classIdSchema.nullable(), confidence: z.number() }).readonly(),
  })
  .readonly()

/** The current clustering beside the last one of the run before, as a person left that. */
export const diffContract = {
  get: procedure.output(
    z.object({
      /** Null when there was no run before; then there are no flows. */
      before: clusteringSchema.nullable(),
      after: clusteringSchema,
      /** Images that both hold, and how many of them are in another cluster now. */
      imageCount: count,
      movedCount: count,
      /** Every cluster of either side, with how many of these images it held and holds. */
      clusters: z
        .array(z.object({ id: clusterIdSchema, name: z.string(), colour: colourSchema, beforeCount: count, afterCount: count }).readonly())
        .readonly(),
      /** From each cluster to each, those that stayed too; most images first. */
      flows: z.array(z.object({ fromClusterId: clusterIdSchema, toClusterId: clusterIdSchema, imageCount: count }).readonly()).readonly(),
      /** Decisions that the run contradicts: not looked at yet, and kept on purpose. */
      contradictions: z.object({ open: count, settled: count }).readonly(),
    }),
  ),
  /** The images of one flow, surest first, as little-endian int32 ids to GET at `url`. */
  images: procedure
    .input(z.object({ fromClusterId: clusterIdSchema, toClusterId: clusterIdSchema }))
    .output(z.object({ count, url: z.string() })),
  /** Decisions that stand although the run contradicts them, what it is surest of first. `after` is the `next` of the page before. */
  contradictions: procedure
    .input(
      z.object({
        /** Those for which `decide` said "mine". */
        settled: z.boolean().default(false),
        limit: z.number().int().min(1).max(500).default(100),
        after: z.string().optional(),
      }),
    )
    .output(z.object({ contradictions: z.array(contradictionSchema).readonly(), next: z.string().nullable() })),
  /**
   * `mine`: the decision stands, as it does until something else is said, and is not asked about again. `new`: what the run says takes
   * its place. One edit. Without `imageIds`: all that are not settled. Images that the run does not contradict are left alone.
   *
   * @throws NOT_FOUND when it contradicts none of them.
   */
  decide: procedure
    .input(z.object({ imageIds: z.array(imageIdSchema).min(1).optional(), choice: z.enum(['mine', 'new']) }))
    .output(z.object({ editId: z.number().int().nullable(), imageCount: count })),
}
