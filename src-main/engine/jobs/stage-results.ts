import { join, relative } from 'node:path'
import { matchClusterings } from '#engine/clustering/alignment.ts'
import type { OpenProject } from '#engine/database/project.ts'
import type { ClusterId, Clustering, ImageId, RunId } from '#shared/entities.ts'
import type { ClusteringResult, StageOutcome } from '#shared/worker-protocol.ts'
import { clusterIdentities } from './cluster-identities.ts'

type Completed = Extract<StageOutcome, { state: 'completed' }>

/** Keeps what a stage gave, with its state, in one transaction. Said twice, it is kept once: the first time completes the stage. */
export function saveStageResult(project: OpenProject, runId: RunId, { backend, result, choices }: Completed): void {
  project.connection.write(() => {
    const stage = project.runs.get(runId).stages.find(({ name }) => name === result.stage)
    if (stage?.state === 'completed') return
    project.runs.useBackend(runId, backend)
    project.runs.noteChoices(runId, choices)
    const imageIds = project.runs.imageIds(runId)
    switch (result.stage) {
      case 'pretrain':
      case 'embed':
        break
      case 'self': {
        const best = result.heads.find(({ head }) => head === result.bestHead)
        const chosen = { head: result.bestHead, score: best?.loss ?? null, heads: result.heads.map((score) => ({ ...score })) }
        saveClustering(project, { runId, stage: 'self', ...chosen }, imageIds, result.clustering, currentClustering(project))
        if (result.headAgreements) project.headAgreements.save(runId, imageIds, result.headAgreements)
        break
      }
      case 'reliable': {
        const own = requireSelf(project, runId)
        const { localConsistencies, reliable } = result
        project.clusterings.saveReliable(own.id, { imageIds, localConsistencies, reliable })
        break
      }
      case 'semi': {
        const own = requireSelf(project, runId)
        saveClustering(project, { runId, stage: 'semi', head: null, score: null }, imageIds, result.clustering, own, own)
        break
      }
    }
    project.runs.changeStage(runId, result.stage, {
      state: 'completed',
      step: stage?.totalSteps ?? 0,
      endedAt: Date.now(),
      error: null,
      advice: 'advice' in result ? [...result.advice] : [],
      resultFile: resultFileOf(project, runId, result),
    })
  })
}

/** Where the worker left the result, relative to the project folder; stages name their files without the folder. */
function resultFileOf({ folder }: OpenProject, runId: RunId, result: Completed['result']): string | null {
  if (result.stage === 'embed') return toPortable(relative(folder.path, join(folder.embeddings, `${runId}.f32`)))
  const inRunFolder = 'weightsFile' in result ? result.weightsFile : result.stage === 'reliable' ? result.neighboursFile : null
  return inRunFolder === null ? null : toPortable(relative(folder.path, join(folder.run(runId), inRunFolder)))
}

function toPortable(path: string): string {
  return path.replaceAll('\\', '/')
}

function currentClustering(project: OpenProject): Clustering | undefined {
  const id = project.project.currentClusteringId()
  return id === null ? undefined : project.clusterings.get(id)
}

function requireSelf(project: OpenProject, runId: RunId): Clustering {
  const own = project.clusterings.list().find((clustering) => clustering.runId === runId && clustering.stage === 'self')
  if (!own) throw new Error(`The run ${runId} has no clustering of the stage "self".`)
  return own
}

/** Stores a clustering under the identities of the clustering before it, and makes it the current one. */
function saveClustering(
  project: OpenProject,
  about: Readonly<{ runId: RunId; stage: 'self' | 'semi'; head: number | null; score: number | null; heads?: Clustering['heads'] }>,
  imageIds: readonly ImageId[],
  { clusters, confidences, clusterCount }: ClusteringResult,
  before: Clustering | undefined,
  reliableFrom?: Clustering,
): void {
  const carriedOver = before ? carryOver(project, before, imageIds, clusters, clusterCount) : new Array<null>(clusterCount).fill(null)
  const reliability = reliableFrom ? reliabilityOf(project, reliableFrom, imageIds) : {}
  const saved = project.clusterings.save({ ...about, imageIds, clusters, confidences, carriedOver, ...reliability })
  project.clusterings.setCurrent(saved.id)
}

function carryOver(
  project: OpenProject,
  before: Clustering,
  imageIds: readonly ImageId[],
  clusters: Int32Array,
  clusterCount: number,
): (ClusterId | null)[] {
  const identities = clusterIdentities(project, before.id, imageIds)
  const olderIds = [...new Set(identities.filter((id) => id !== undefined))].sort((a, b) => a - b)
  const older = Int32Array.from(identities, (id) => (id === undefined ? -1 : olderIds.indexOf(id)))
  const matches = matchClusterings(older, clusters, olderIds.length, clusterCount)
  return Array.from(matches, (match) => (match < 0 ? null : (olderIds[match] ?? null)))
}

function reliabilityOf(project: OpenProject, clustering: Clustering, imageIds: readonly ImageId[]) {
  const columns = project.clusterings.columns(clustering.id)
  const rowOf = new Map(Array.from(columns.imageIds, (id, row) => [id, row]))
  return {
    localConsistencies: Float32Array.from(imageIds, (id) => columns.localConsistencies[rowOf.get(id) ?? -1] ?? 0),
    reliable: Uint8Array.from(imageIds, (id) => columns.reliable[rowOf.get(id) ?? -1] ?? 0),
  }
}
