import { defineStore } from 'pinia'
import type { ClassId, ClusterId, ImageId } from '#shared/entities.ts'
import { engineClient } from '../client/engine-client.ts'
import { i18n } from '../locales/i18n.ts'
import type { ClusterAdvice } from './cluster-reports.ts'
import { useClustersStore } from './clusters.ts'
import { useEditsStore } from './edits.ts'

/** Every correction of clusters and images, by its name; each says what it did, with Undo. */
export const useCorrectionsStore = defineStore('corrections', () => {
  const edits = useEditsStore()
  const clusters = useClustersStore()
  const { t } = i18n.global
  const nameOf = (id: ClusterId): string => clusters.clusterOf(id)?.name ?? ''
  const say = (message: string, count: number, more: Record<string, unknown> = {}): string =>
    t(`corrections.${message}`, { count: new Intl.NumberFormat(i18n.global.locale.value).format(count), ...more }, count)

  return {
    move: (imageIds: ImageId[], clusterId: ClusterId) =>
      edits.apply(say('moved', imageIds.length, { cluster: nameOf(clusterId) }), () =>
        engineClient.assignments.move({ imageIds, clusterId }),
      ),
    reject: (imageIds: ImageId[], rejected: boolean) =>
      edits.apply(say(rejected ? 'rejected' : 'takenBack', imageIds.length), () => engineClient.assignments.reject({ imageIds, rejected })),
    confirm: (imageIds: ImageId[]) => edits.apply(say('confirmed', imageIds.length), () => engineClient.assignments.confirm({ imageIds })),
    label: (imageIds: ImageId[], classId: ClassId | null) =>
      edits.apply(
        classId === null
          ? say('unlabelled', imageIds.length)
          : say('labelled', imageIds.length, { class: clusters.classOf(classId)?.name ?? '' }),
        () => engineClient.labels.set({ imageIds, classId }),
      ),
    create: (name: string, imageIds: ImageId[]) =>
      edits.apply(say('created', imageIds.length, { cluster: name }), () =>
        engineClient.clusters.create({ name, ...(imageIds.length > 0 ? { imageIds } : {}) }),
      ),
    dismissAdvice: ({ clusterId, isDismissed, ...advice }: ClusterAdvice) =>
      edits.apply(say(isDismissed ? 'adviceRecalled' : 'adviceDismissed', 1, { cluster: nameOf(clusterId) }), () =>
        engineClient.clusters.dismissAdvice({
          clusterId,
          isDismissed: !isDismissed,
          ...(advice.kind === 'same' ? { otherId: advice.otherId } : {}),
        }),
      ),
    merge: (clusterIds: ClusterId[]) =>
      edits.apply(say('merged', clusterIds.length, { cluster: nameOf(clusterIds[0] as ClusterId) }), () =>
        engineClient.clusters.merge({ clusterIds }),
      ),
    split: (clusterId: ClusterId, imageIds?: ImageId[]) =>
      edits.apply(say('split', 1, { cluster: nameOf(clusterId) }), () =>
        engineClient.clusters.split({ clusterId, ...(imageIds ? { imageIds } : {}) }),
      ),
    rename: (clusterId: ClusterId, name: string) =>
      edits.apply(say('renamed', 1, { cluster: name }), () => engineClient.clusters.rename({ clusterId, name })),
    classify: (clusterIds: readonly ClusterId[], classId: ClassId) =>
      edits.apply(
        say('classified', clusterIds.length, { class: clusters.classOf(classId)?.name ?? '', cluster: nameOf(clusterIds[0] as ClusterId) }),
        () => engineClient.mappings.apply({ mappings: clusterIds.map((clusterId) => ({ clusterId, classId })) }),
      ),
    recolour: (clusterId: ClusterId, colour: string) =>
      edits.apply(say('recoloured', 1, { cluster: nameOf(clusterId) }), () => engineClient.clusters.recolour({ clusterId, colour })),
  }
})
