import { z } from 'zod'
import { classEntitySchema, classIdSchema, clusterIdSchema, colourSchema, imageIdSchema, labelSchema, mappingSchema } from '../entities.ts'
import { procedure } from './procedure.ts'

const name = z.string().trim().min(1).max(200)
const done = z.object({ editId: z.number().int().nullable() })

export const classesContract = {
  list: procedure.output(z.array(classEntitySchema).readonly()),
  create: procedure
    .input(z.object({ name, colour: colourSchema.optional(), key: z.string().length(1).optional() }))
    .output(done.extend({ classId: classIdSchema })),
  change: procedure
    .input(
      z.object({
        classId: classIdSchema,
        name: name.optional(),
        colour: colourSchema.optional(),
        key: z.string().length(1).nullable().optional(),
      }),
    )
    .output(done),
  remove: procedure.input(z.object({ classId: classIdSchema })).output(done),
  /** Labels and mappings of the others go to `into`. */
  merge: procedure.input(z.object({ classIds: z.array(classIdSchema).min(1), into: classIdSchema })).output(done),
}

const proposalSchema = z.object({
  clusterId: clusterIdSchema,
  classId: classIdSchema,
  className: z.string(),
  /** Labelled images of this cluster that have this class, and all labelled images of this cluster. */
  agreeing: z.number().int(),
  labelled: z.number().int(),
  /** Share of all images of this cluster that are likely of this class, 0-1; null where only labelled images were counted. */
  likely: z.number().min(0).max(1).nullable(),
})

export const mappingsContract = {
  list: procedure.output(z.array(mappingSchema).readonly()),
  /** `null` takes the class away from the cluster. Many clusters may have one class. */
  set: procedure.input(z.object({ clusterId: clusterIdSchema, classId: classIdSchema.nullable() })).output(done),
  /**
   * A class for each cluster from the labelled images. With a graph of neighbours (20,000 images at most): the class that most of its
   * images are likely of, by neighbours, clusters and a linear probe; clusters without a labelled image only once as many classes have
   * one as there are clusters. Without: by Hungarian matching; a cluster left over gets the class that most of its labelled images have.
   * Changes nothing.
   */
  propose: procedure.output(z.array(proposalSchema).readonly()),
  /**
   * How many labelled images (a person's or imported) of each class every cluster holds: `counts[class][cluster]`. Where clusters mix
   * classes shows here.
   */
  contingency: procedure.output(
    z.object({
      classIds: z.array(classIdSchema).readonly(),
      clusterIds: z.array(clusterIdSchema).readonly(),
      counts: z.array(z.array(z.number().int()).readonly()).readonly(),
    }),
  ),
  /** Sets many at once, as one edit. */
  apply: procedure
    .input(z.object({ mappings: z.array(z.object({ clusterId: clusterIdSchema, classId: classIdSchema })).min(1) }))
    .output(done),
}

export const labelsContract = {
  /** The labels that images have of their own, one an image: a person's, else an imported one. */
  list: procedure.output(z.array(labelSchema).readonly()),
  /** `null` takes the label away, an imported one too. */
  set: procedure.input(z.object({ imageIds: z.array(imageIdSchema).min(1), classId: classIdSchema.nullable() })).output(done),
  /**
   * Labels from a CSV file (columns path or file, and label or class) or from a folder of folders; missing classes are made. They count
   * like a person's, in exports and in the next run, except where a person labelled the image.
   */
  import: procedure.input(z.object({ path: z.string().min(1) })).output(
    done.extend({
      labelled: z.number().int(),
      classCount: z.number().int(),
      /** Rows of the file that match no image of the project. */
      unmatched: z.number().int(),
    }),
  ),
}
