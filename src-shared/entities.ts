import { z } from 'zod'
import { type ErrorCode, errorAudiences } from './errors.ts'
import { importPhases, jobKinds, stageNames } from './jobs.ts'
import { runChoiceSchema } from './run-choices.ts'
import { messageSchema, saidSchema } from './said-schema.ts'

/** Milliseconds since 1970-01-01 UTC. */
const timestamp = z.number().int().nonnegative()
const ratio = z.number().min(0).max(1)
const count = z.number().int().nonnegative()
const integerId = z.number().int().positive()
/** `#rrggbb`, lower case. */
export const colourSchema = z.string().regex(/^#[0-9a-f]{6}$/)

export const projectIdSchema = z.string().min(1).brand<'ProjectId'>()
export const rootIdSchema = integerId.brand<'RootId'>()
export const imageIdSchema = integerId.brand<'ImageId'>()
export const runIdSchema = z
  .string()
  .regex(/^run-\d{4,}$/)
  .brand<'RunId'>()
export const jobIdSchema = integerId.brand<'JobId'>()
export const clusteringIdSchema = integerId.brand<'ClusteringId'>()
/** Stable: carried over to the next clustering, never used again for another cluster. */
export const clusterIdSchema = integerId.brand<'ClusterId'>()
/** Stable: never used again for another class. */
export const classIdSchema = integerId.brand<'ClassId'>()
/** Of one class in one clustering. */
export const auditIdSchema = integerId.brand<'AuditId'>()
export const editIdSchema = integerId.brand<'EditId'>()
export const exportIdSchema = integerId.brand<'ExportId'>()
export const duplicateGroupIdSchema = integerId.brand<'DuplicateGroupId'>()

export type ProjectId = z.infer<typeof projectIdSchema>
export type RootId = z.infer<typeof rootIdSchema>
export type ImageId = z.infer<typeof imageIdSchema>
export type RunId = z.infer<typeof runIdSchema>
export type JobId = z.infer<typeof jobIdSchema>
export type ClusteringId = z.infer<typeof clusteringIdSchema>
export type ClusterId = z.infer<typeof clusterIdSchema>
export type ClassId = z.infer<typeof classIdSchema>
export type AuditId = z.infer<typeof auditIdSchema>
export type EditId = z.infer<typeof editIdSchema>
export type ExportId = z.infer<typeof exportIdSchema>
export type DuplicateGroupId = z.infer<typeof duplicateGroupIdSchema>

export const stageNameSchema = z.enum(stageNames)
const jobKindSchema = z.enum(jobKinds)
export const saidOfErrorSchema = z.object({ message: messageSchema.exactOptional(), advice: messageSchema.exactOptional() }).readonly()
export const errorDataSchema = z
  .object({
    code: z.enum(Object.keys(errorAudiences) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    advice: z.string().exactOptional(),
    said: saidOfErrorSchema.exactOptional(),
  })
  .readonly()

/** A folder of the user's images; read, never written. */
export const rootSchema = z.object({ id: rootIdSchema, path: z.string() }).readonly()
export type Root = z.infer<typeof rootSchema>

export const projectSchema = z
  .object({
    id: projectIdSchema,
    name: z.string(),
    /** The folder NAME.spicerack. */
    path: z.string(),
    createdAt: timestamp,
    schemaVersion: count,
    roots: z.array(rootSchema).readonly(),
    images: z.object({ total: count, ok: count, unreadable: count, missing: count }).readonly(),
    /** The clustering that pages, corrections and exports look at. */
    currentClusteringId: clusteringIdSchema.nullable(),
  })
  .readonly()
export type Project = z.infer<typeof projectSchema>

export const imageStatuses = ['ok', 'unreadable', 'missing'] as const
export const imageStatusSchema = z.enum(imageStatuses)
export type ImageStatus = z.infer<typeof imageStatusSchema>

const labelSources = ['human', 'imported', 'mapping', 'semi'] as const
export const labelSourceSchema = z.enum(labelSources)
export type LabelSource = z.infer<typeof labelSourceSchema>

/** What the current clustering says about one image, after the corrections of a person. */
const assignmentSchema = z
  .object({
    imageId: imageIdSchema,
    clusterId: clusterIdSchema,
    /** The cluster the model found, whatever a person did since. */
    foundClusterId: clusterIdSchema,
    confidence: ratio,
    /** Share of the neighbours in the same cluster; null until the stage `reliable` has run. */
    localConsistency: ratio.nullable(),
    reliable: z.boolean(),
  })
  .readonly()
export const imageSchema = z
  .object({
    id: imageIdSchema,
    rootId: rootIdSchema,
    /** Relative to the root, '/' between its parts. */
    path: z.string(),
    status: imageStatusSchema,
    /** Stable code of why it is not ok: `truncated`, `empty`, … */
    problemCode: z.string().nullable(),
    /** The same as a sentence. */
    reason: z.string().nullable(),
    contentHash: z.string().nullable(),
    sizeBytes: count,
    modifiedAt: z.number(),
    widthPx: count.nullable(),
    heightPx: count.nullable(),
    format: z.string().nullable(),
    /** 16 hexadecimal digits. */
    perceptualHash: z.string().nullable(),
    exactGroup: duplicateGroupIdSchema.nullable(),
    nearGroup: duplicateGroupIdSchema.nullable(),
    importedAt: timestamp,
    hasThumbnail: z.boolean(),
    /** Null where the current clustering does not hold this image. */
    assignment: assignmentSchema.nullable(),
    /** A person put it into its cluster. */
    placed: z.boolean(),
    rejected: z.boolean(),
    /** Effective label: a person's, else an imported one, else the class of its cluster. */
    classId: classIdSchema.nullable(),
    labelSource: z.enum(['human', 'imported', 'mapping']).nullable(),
  })
  .readonly()
export type Image = z.infer<typeof imageSchema>

/** An image that could not be used, and why. */
export const imageProblemSchema = z
  .object({
    imageId: imageIdSchema,
    path: z.string(),
    status: z.enum(['unreadable', 'missing']),
    code: z.string().nullable(),
    reason: z.string(),
  })
  .readonly()
export type ImageProblem = z.infer<typeof imageProblemSchema>

export const duplicateGroupSchema = z
  .object({ id: duplicateGroupIdSchema, kind: z.enum(['exact', 'near']), imageIds: z.array(imageIdSchema).readonly() })
  .readonly()
export type DuplicateGroup = z.infer<typeof duplicateGroupSchema>

const stageStates = ['pending', 'running', 'stopped', 'completed', 'failed'] as const
export const stageSchema = z
  .object({
    runId: runIdSchema,
    name: stageNameSchema,
    state: z.enum(stageStates),
    step: count,
    totalSteps: count,
    /** Relative to the project folder. */
    checkpointFile: z.string().nullable(),
    resultFile: z.string().nullable(),
    advice: z.array(saidSchema).readonly(),
    error: errorDataSchema.nullable(),
    startedAt: timestamp.nullable(),
    endedAt: timestamp.nullable(),
  })
  .readonly()
export type Stage = z.infer<typeof stageSchema>

export const runSchema = z
  .object({
    id: runIdSchema,
    name: z.string(),
    /** The recipe as resolved; its form is `ResolvedRecipe`. */
    recipe: z.record(z.string(), z.unknown()),
    seed: z.number().int(),
    clusterCount: z.number().int().positive(),
    imageCount: count,
    imageSizePx: z.number().int().positive(),
    /** Name -> version of what computed it: spicerack, node, tensorflow, … */
    versions: z.record(z.string(), z.string()),
    /** The backend asked for, then the one that was used; null until a stage has started. */
    backendChoice: z.string(),
    backendUsed: z.string().nullable(),
    createdAt: timestamp,
    /** What it chose for itself so far, and why. */
    choices: z.array(runChoiceSchema).readonly(),
    stages: z.array(stageSchema).readonly(),
  })
  .readonly()
export type Run = z.infer<typeof runSchema>

export const metricPointSchema = z
  .object({ runId: runIdSchema, stage: stageNameSchema, step: count, name: z.string(), value: z.number() })
  .readonly()
export type MetricPoint = z.infer<typeof metricPointSchema>

export const jobStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['queued', 'starting', 'running', 'paused', 'interrupted', 'completed', 'cancelled']) }).readonly(),
  z.object({ kind: z.literal('cancelling'), keep: z.boolean() }).readonly(),
  z.object({ kind: z.literal('failed'), error: errorDataSchema }).readonly(),
])

export const jobProgressSchema = z
  .object({
    done: count,
    total: count.nullable(),
    /** Images (or files) a second. */
    rate: z.number().nonnegative().nullable(),
    secondsLeft: z.number().nonnegative().nullable(),
    stage: stageNameSchema.nullable(),
    /** Of an import. */
    phase: z.enum(importPhases).optional(),
    /** Of an import: the path at which its folder was known before it was moved. */
    movedFrom: z.string().optional(),
    /** What is being done now; '' where its kind or stage says it. */
    note: saidSchema,
  })
  .readonly()
export type JobProgress = z.infer<typeof jobProgressSchema>

export const jobSchema = z
  .object({
    id: jobIdSchema,
    kind: jobKindSchema,
    state: jobStateSchema,
    /** What the job was asked to do; its form depends on the kind. */
    payload: z.unknown(),
    progress: jobProgressSchema,
    createdAt: timestamp,
    changedAt: timestamp,
  })
  .readonly()
export type Job = z.infer<typeof jobSchema>

const headScoreSchema = z.object({ head: count, loss: z.number(), emptyClusters: count, agreement: z.number() }).readonly()

export const clusteringSchema = z
  .object({
    id: clusteringIdSchema,
    runId: runIdSchema,
    stage: z.enum(['self', 'semi']),
    head: count.nullable(),
    /** Unsupervised loss of the chosen head; lower is better. */
    score: z.number().nullable(),
    heads: z.array(headScoreSchema).readonly(),
    imageCount: count,
    createdAt: timestamp,
    isCurrent: z.boolean(),
  })
  .readonly()
export type Clustering = z.infer<typeof clusteringSchema>

export const clusterSchema = z
  .object({
    id: clusterIdSchema,
    /** Place in the model's output; null for a cluster that a person made. */
    index: count.nullable(),
    name: z.string(),
    colour: colourSchema,
    imageCount: count,
    reliableCount: count,
    rejectedCount: count,
    meanConfidence: ratio.nullable(),
    /** Class this cluster is mapped to. */
    classId: classIdSchema.nullable(),
  })
  .readonly()
export type Cluster = z.infer<typeof clusterSchema>

export const classEntitySchema = z
  .object({
    id: classIdSchema,
    name: z.string(),
    colour: colourSchema,
    /** The key that gives this class in review. */
    key: z.string().nullable(),
    /** Images whose effective label it is. */
    imageCount: count,
  })
  .readonly()
export type ClassEntity = z.infer<typeof classEntitySchema>

export const mappingSchema = z.object({ clusterId: clusterIdSchema, classId: classIdSchema }).readonly()
export type Mapping = z.infer<typeof mappingSchema>

export const labelSchema = z
  .object({ imageId: imageIdSchema, classId: classIdSchema, source: labelSourceSchema, confidence: ratio })
  .readonly()
export type Label = z.infer<typeof labelSchema>

const editKinds = [
  'moveImages',
  'mergeClusters',
  'splitCluster',
  'createCluster',
  'renameCluster',
  'recolourCluster',
  'rejectImages',
  'unrejectImages',
  'createClass',
  'changeClass',
  'deleteClass',
  'mergeClasses',
  'mapCluster',
  'labelImages',
  'unlabelImages',
  'confirmImages',
  'auditImages',
  'forgetAudit',
  'dismissAdvice',
  'recallAdvice',
  'keepMine',
  'takeNew',
] as const

/** What was done to one image: a run found a cluster for it, or a person changed what is known of it. */
export const imageHistoryEntrySchema = z
  .object({
    kind: z.enum(['found', ...editKinds]),
    at: timestamp,
    /** Where it went; null where that did not change. */
    clusterId: clusterIdSchema.nullable(),
    /** The class that it got; null where it got none. */
    classId: classIdSchema.nullable(),
    /** Of what a run found. */
    confidence: ratio.nullable(),
  })
  .readonly()

/** One correction as the log shows it. */
export const editSchema = z
  .object({
    id: editIdSchema,
    kind: z.enum(editKinds),
    /** Edits of one group are undone and redone together. */
    group: integerId,
    /** How many images it touched. */
    imageCount: count,
    /** Undone, and may be redone. */
    undone: z.boolean(),
    at: timestamp,
  })
  .readonly()
export type Edit = z.infer<typeof editSchema>

/** One export that was made or begun. */
export const exportSchema = z
  .object({
    id: exportIdSchema,
    format: z.string(),
    /** Folder or file written. */
    path: z.string(),
    options: z.record(z.string(), z.unknown()),
    state: z.enum(['running', 'completed', 'cancelled', 'failed']),
    imageCount: count,
    sizeBytes: count,
    /** Images left out because of their file, by what is wrong with it; and those copied where a link was asked for and impossible. */
    problems: z.object({ missing: count, unreadable: count, changed: count, copiedInsteadOfLinked: count }).readonly(),
    createdAt: timestamp,
    endedAt: timestamp.nullable(),
  })
  .readonly()
export type Export = z.infer<typeof exportSchema>
