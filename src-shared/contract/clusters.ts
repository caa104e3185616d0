import { z } from 'zod'
import { clusterIdSchema, clusteringIdSchema, clusteringSchema, clusterSchema, colourSchema, imageIdSchema } from '../entities.ts'
import { saidSchema } from '../said-schema.ts'
import { procedure } from './procedure.ts'

const clusterReference = z.object({ clusterId: clusterIdSchema })
const imageIds = z.array(imageIdSchema).min(1)
const done = z.object({ editId: z.number().int().nullable() })

const count = z.number().int().nonnegative()
const ratio = z.number().min(0).max(1)
const pictures = z.array(z.object({ imageId: imageIdSchema, thumbnailUrl: z.string().nullable() }).readonly()).readonly()

/** Share of a cluster's images that belong together. */
const clusterPuritySchema = z.discriminatedUnion('kind', [
  /** A person looked at a random sample: the share of its class, with its 95 % interval. */
  z.object({ kind: z.literal('audited'), ratio, lower: ratio, upper: ratio, looked: count }).readonly(),
  /** Nobody looked: as far as neighbours and heads agree about its images. Proves nothing. */
  z.object({ kind: z.literal('estimated'), ratio }).readonly(),
])
export type ClusterPurity = z.infer<typeof clusterPuritySchema>

/** What may be wrong with a cluster, answered by one edit: `split` without images, or `merge` of the two; or dismissed. */
const clusterAdviceSchema = z.discriminatedUnion('kind', [
  /** It seems to hold two groups, of these sizes. */
  z.object({ kind: z.literal('mixed'), sizes: z.tuple([count, count]).readonly(), isDismissed: z.boolean() }).readonly(),
  /** It seems to be one with another cluster. */
  z.object({ kind: z.literal('same'), clusterId: clusterIdSchema, isDismissed: z.boolean() }).readonly(),
])

/** What neighbours and heads say of one cluster as a person left it; null where a run has not found it out yet. Rejected images do not count. */
const clusterReportSchema = z
  .object({
    clusterId: clusterIdSchema,
    imageCount: count,
    purity: clusterPuritySchema.nullable(),
    /** Mean share of the other heads that agree with the chosen one about an image. */
    headAgreement: ratio.nullable(),
    /** Mean share of an image's nearest others that are in the cluster. */
    neighbourAgreement: ratio.nullable(),
    /** Most typical first. */
    typical: pictures,
    /** Most doubtful first. */
    doubtful: pictures,
    doubtfulCount: count,
    advice: z.array(clusterAdviceSchema).readonly(),
  })
  .readonly()
export type ClusterReport = z.infer<typeof clusterReportSchema>

export const clusteringsContract = {
  list: procedure.output(z.array(clusteringSchema).readonly()),
  /** Which clustering pages, corrections and exports look at. */
  choose: procedure.input(z.object({ clusteringId: clusteringIdSchema })).output(clusteringSchema),
}

export const clustersContract = {
  /** The clusters of the current clustering. */
  list: procedure.output(z.array(clusterSchema).readonly()),
  /** The most typical images of every cluster, most typical first, with where to GET their thumbnails. */
  covers: procedure.input(z.object({ count: z.number().int().min(1).max(64).default(9) })).output(
    z
      .array(
        z.object({
          clusterId: clusterIdSchema,
          imageIds: z.array(imageIdSchema).readonly(),
          thumbnailUrls: z.array(z.string()).readonly(),
        }),
      )
      .readonly(),
  ),
  /** How each cluster that holds images holds together, with advice; `count`: pictures of each kind at most. */
  report: procedure.input(z.object({ count: z.number().int().min(0).max(64).default(6) })).output(z.array(clusterReportSchema).readonly()),
  /** Three numbers of clusters worth trying, best first, from a run's embedding or, before any run, from the pixels. */
  suggest: procedure.output(z.array(z.object({ clusterCount: z.number().int(), score: z.number(), reason: saidSchema })).readonly()),
  /** A person does not want to see this advice: that a cluster is mixed, or, with `otherId`, that it is one with another; or wants to again. */
  dismissAdvice: procedure.input(clusterReference.extend({ otherId: clusterIdSchema.optional(), isDismissed: z.boolean() })).output(done),
  rename: procedure.input(clusterReference.extend({ name: z.string().trim().min(1).max(200) })).output(done),
  recolour: procedure.input(clusterReference.extend({ colour: colourSchema })).output(done),
  /** All images go to the first cluster; the others stay empty in the log, so that undo brings them back. */
  merge: procedure.input(z.object({ clusterIds: z.array(clusterIdSchema).min(2) })).output(done),
  /** A new cluster with these images; with none, the smaller of the two groups into which the cluster falls most clearly. */
  split: procedure
    .input(clusterReference.extend({ imageIds: imageIds.optional(), name: z.string().trim().min(1).max(200).optional() }))
    .output(done.extend({ newClusterId: clusterIdSchema })),
  create: procedure
    .input(z.object({ name: z.string().trim().min(1).max(200), imageIds: imageIds.optional() }))
    .output(done.extend({ newClusterId: clusterIdSchema })),
}

export const assignmentsContract = {
  move: procedure.input(z.object({ imageIds, clusterId: clusterIdSchema })).output(done),
  reject: procedure.input(z.object({ imageIds, rejected: z.boolean() })).output(done),
  /** A person looked: these images belong where they are. */
  confirm: procedure.input(z.object({ imageIds })).output(done),
  /**
   * Where to GET the columns of the current clustering as little-endian bytes, one value an image in order of `imageId`.
   * The content hash is part of each address, so the bytes may be cached for ever.
   */
  columns: procedure.output(
    z.object({
      clusteringId: clusteringIdSchema,
      imageCount: z.number().int(),
      columns: z.array(
        z.object({
          name: z.enum(['imageIds', 'clusterIds', 'confidences', 'localConsistencies', 'reliable', 'classIds']),
          type: z.enum(['int32', 'float32', 'uint8']),
          url: z.string(),
        }),
      ),
    }),
  ),
}
