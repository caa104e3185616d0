import type { AuditId, ClassId, ClusterId, ClusteringId, ImageId } from '#shared/entities.ts'
import type { AdviceKey } from './tables/dismissed-advice.ts'

/** One correction as a person asks for it. */
export type EditAct =
  | Readonly<{ kind: 'moveImages'; imageIds: readonly ImageId[]; clusterId: ClusterId }>
  | Readonly<{ kind: 'mergeClusters'; from: readonly ClusterId[]; into: ClusterId }>
  | Readonly<{ kind: 'splitCluster'; clusterId: ClusterId; parts: readonly Readonly<{ name?: string; imageIds: readonly ImageId[] }>[] }>
  | Readonly<{ kind: 'createCluster'; name?: string; colour?: string; imageIds: readonly ImageId[] }>
  | Readonly<{ kind: 'renameCluster'; clusterId: ClusterId; name: string }>
  | Readonly<{ kind: 'recolourCluster'; clusterId: ClusterId; colour: string }>
  | Readonly<{ kind: 'rejectImages' | 'unrejectImages' | 'confirmImages'; imageIds: readonly ImageId[] }>
  | Readonly<{ kind: 'createClass'; name: string; colour?: string; key?: string | null }>
  | Readonly<{ kind: 'changeClass'; classId: ClassId; name?: string; colour?: string; key?: string | null }>
  | Readonly<{ kind: 'deleteClass'; classId: ClassId }>
  | Readonly<{ kind: 'mergeClasses'; from: readonly ClassId[]; into: ClassId }>
  | Readonly<{ kind: 'mapCluster'; clusterId: ClusterId; classId: ClassId | null }>
  | Readonly<{ kind: 'labelImages'; imageIds: readonly ImageId[]; classId: ClassId; source?: 'human' | 'imported' }>
  | Readonly<{ kind: 'unlabelImages'; imageIds: readonly ImageId[] }>
  | Readonly<{ kind: 'auditImages'; auditId: AuditId; imageIds: readonly ImageId[]; isRight: boolean }>
  | Readonly<{ kind: 'forgetAudit'; auditId: AuditId }>
  | Readonly<{ kind: 'dismissAdvice' | 'recallAdvice'; advice: AdviceKey }>
  | Readonly<{ kind: 'keepMine' | 'takeNew'; clusteringId: ClusteringId; imageIds: readonly ImageId[] }>
