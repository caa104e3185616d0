import type { ErrorData } from './errors.ts'
import type { StageName } from './jobs.ts'
import type { ResolvedRecipe } from './recipes/recipe.ts'
import type { RunChoice } from './run-choices.ts'
import type { Message, Said } from './said.ts'

/** What the jobs layer asks of the training worker, over a MessagePort (birpc). */
export interface TrainingWorkerCalls {
  /** Which compute backends there are, which one is used and why the others are not. Does not train. */
  device(request: DeviceRequest): Promise<WorkerAnswer<DeviceReport>>
  /** Runs one stage of a run from its last checkpoint, if any. One at a time. */
  runStage(task: StageTask): Promise<StageOutcome>
  /** Class and confidence of images outside the project, by a finished run. */
  predict(task: PredictTask): Promise<WorkerAnswer<PredictOutcome>>
  /** Asks the running stage to stop after the present step, leaving a checkpoint. */
  stop(): void
}

/** An error crosses the port as data, because a cloned Error loses its code. */
export type WorkerAnswer<Value> = Readonly<{ state: 'completed'; value: Value }> | Readonly<{ state: 'failed'; error: ErrorData }>

/** What the training worker tells the jobs layer while it works. */
export interface TrainingWorkerEvents {
  progress(progress: StageProgress): void
  metrics(rows: readonly MetricRow[]): void
  log(message: Message): void
}

export const backendChoices = ['auto', 'tfjs-node-gpu', 'tensorflow-wheel', 'webgpu', 'wasm', 'cpu'] as const
export type BackendChoice = (typeof backendChoices)[number]

export type DeviceRequest = Readonly<{
  backend: BackendChoice /** Try every provider, not only up to the first that works. */
  full: boolean
}>

export type DeviceReport = Readonly<{
  used: string | null
  providers: readonly Readonly<{
    name: Exclude<BackendChoice, 'auto'>
    title: string
    state: 'used' | 'possible' | 'unavailable'
    /** Why it is not used, or what it runs on. */
    reason: Said
    device?: string
    /** Set where it is missing and can be installed: about how much is downloaded. */
    installBytes?: number
    /** Self-test: greatest relative error of a convolution and its gradients against known values. */
    selfTestError?: number
    /** Self-test: thousand millions of multiply-adds a second in a 3x3 convolution, forward and backward. */
    gigaMacsPerSecond?: number
  }>[]
}>

export type StageTask = Readonly<{
  stage: StageName
  /** Folder of the project. */
  projectPath: string
  runId: string
  seed: number
  backend: BackendChoice
  recipe: ResolvedRecipe
  /** Number of clusters to find (K). */
  clusterCount: number
  pixels: PixelPack
  /** Row of each image of the run in the pixel pack, in listed order. */
  rows: Int32Array
  /** `[images]` class that a person gave or imported, as a number from 0, or -1; obeyed. */
  humanLabels: Int32Array
  /** `[images]` that class, else the class of the image's previous cluster, or -1: tells which clusters stand for which class. */
  knownClasses: Int32Array
  /** `[images]` previous cluster into which a person put it, or -1; obeyed. */
  humanClusters: Int32Array
  /** `[images]` cluster in the clustering before, as a number from 0; -1 for an image that a person moved to a cluster of others. */
  previousClusters: Int32Array
}>

/** A file of decoded images: `count` rows of `size * size * 3` bytes, RGB, row-major. */
export type PixelPack = Readonly<{ path: string; size: number; count: number }>

export type StageProgress = Readonly<{
  stage: StageName
  step: number
  totalSteps: number
  imagesPerSecond: number
  secondsLeft: number | null
  /** What is being done now; '' while a stage trains. */
  note: Said
}>

export type MetricRow = Readonly<{ stage: StageName; step: number; name: string; value: number }>

export type StageOutcome =
  | Readonly<{ state: 'completed'; backend: string; result: StageResult /** Of the run, so far. */; choices: readonly RunChoice[] }>
  | Readonly<{ state: 'stopped'; step: number }>
  | Readonly<{ state: 'failed'; error: ErrorData }>

/** One clustering of all images of a run, in listed order. */
export type ClusteringResult = Readonly<{
  clusterCount: number
  /** `[images]` 0 to clusterCount - 1. */
  clusters: Int32Array
  /** `[images]` probability of that cluster, 0-1. */
  confidences: Float32Array
}>

export type StageResult =
  | Readonly<{
      stage: 'pretrain'
      /** Null where nothing is learned, because other features are clustered. */
      weightsFile: string | null
      finalLoss: number | null
    }>
  | Readonly<{ stage: 'embed'; embeddingFile: string; dimension: number }>
  | Readonly<{
      stage: 'self'
      clustering: ClusteringResult
      heads: readonly HeadScore[]
      bestHead: number
      /** `[images]` share of the other heads that agree with the best one, 0-1; null where it was not computed. */
      headAgreements: Float32Array | null
      advice: readonly Said[]
    }>
  | Readonly<{
      stage: 'reliable'
      /** `[images, neighbours]` int32: the nearest other images of each, as places in listed order. */
      neighboursFile: string
      /** `[images]` share of the neighbours with the same cluster, 0-1. */
      localConsistencies: Float32Array
      /** `[images]` 1 where the image is a reliable sample. */
      reliable: Uint8Array
      /** `[clusters]` how many reliable samples each cluster kept. */
      reliableCounts: Int32Array
      advice: readonly Said[]
    }>
  | Readonly<{ stage: 'semi'; clustering: ClusteringResult; weightsFile: string; advice: readonly Said[] }>

export type HeadScore = Readonly<{
  head: number
  /** The unsupervised loss by which heads are compared; lower is better. */
  loss: number
  emptyClusters: number
  /** Mean agreement (NMI, 0-1) with the other heads. */
  agreement: number
}>

export type PredictTask = Readonly<{
  projectPath: string
  runId: string
  recipe: ResolvedRecipe
  backend: BackendChoice
  clusterCount: number
  /** `[images, size, size, 3]` bytes. */
  pixels: Uint8Array
  size: number
}>

export type PredictOutcome = Readonly<{
  backend: string
  clusters: Int32Array
  confidences: Float32Array
  /** `[images, clusterCount]` probabilities, row-major. */
  probabilities: Float32Array
  /** Whether this network's clusters are the run's; false where they were left aside, so that it may say otherwise of the same image. */
  isKept: boolean
}>
