import { z } from 'zod'
import { saidSchema } from './said-schema.ts'

const count = z.number().int().nonnegative()
const ratio = z.number().min(0).max(1)
/** Of a division of a graph of neighbours: below 1, greater is clearer. */
const modularity = z.number()
/** Numbers of clusters from 1, as a person sees them. */
const clusterNumbers = z.array(z.number().int().positive()).readonly()

/** One thing that a run chose for itself, with the figures that decided; each kind once a run. */
export const runChoiceSchema = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('clusterCount'),
      count,
      /** Why it was suggested, in a sentence; null where a person gave it. */
      reason: saidSchema.nullable(),
    })
    .readonly(),
  z
    .object({
      kind: z.literal('mirror'),
      isUsed: z.boolean(),
      /** Share of the mirror images that lie farther from the other images than the image itself. */
      fartherRatio: ratio,
    })
    .readonly(),
  z
    .object({
      kind: z.literal('precision'),
      precision: z.enum(['float32', 'bfloat16']),
      /** How many times as fast as float32 bfloat16 was in the self-test. */
      gain: z.number().nonnegative(),
    })
    .readonly(),
  z
    .object({
      kind: z.literal('features'),
      source: z.enum(['packaged', 'learned', 'onnx', 'both']),
      /** Features of each image, all encoders together. */
      dimension: count,
      /** Of the clusters of each kind alone and of both; null where the recipe left nothing to choose. */
      compared: z.object({ packaged: modularity, learned: modularity, both: modularity }).readonly().nullable(),
    })
    .readonly(),
  z
    .object({
      kind: z.literal('head'),
      /** From 0. */
      head: count,
      headCount: count,
      loss: z.number(),
      /** Of the next best; null where there is no other. */
      nextLoss: z.number().nullable(),
      /** Mean agreement with the other heads. */
      agreement: ratio,
    })
    .readonly(),
  z
    .object({
      kind: z.literal('clusters'),
      /** The clusters of the graph of neighbours that heads started from, or what the best head made of them. */
      kept: z.enum(['graph', 'head']),
      graph: modularity,
      head: modularity,
    })
    .readonly(),
  z
    .object({
      kind: z.literal('reliable'),
      reliableCount: count,
      imageCount: count,
      /** Clusters that kept few reliable images. */
      thin: clusterNumbers,
      /** Clusters without any image. */
      empty: clusterNumbers,
      /** What counts as few. */
      thinBelow: count,
    })
    .readonly(),
  z
    .object({
      kind: z.literal('classifier'),
      isKept: z.boolean(),
      /** Of what it says, and of what it learned from; null where they were not compared. */
      compared: z.object({ classifier: modularity, before: modularity }).readonly().nullable(),
    })
    .readonly(),
])
export type RunChoice = z.infer<typeof runChoiceSchema>
