import { storeToRefs } from 'pinia'
import { computed } from 'vue'
import { useClustersStore } from '../../stores/clusters.ts'
import { useEngineStore } from '../../stores/engine.ts'

export type StepState = 'empty' | 'running' | 'ready' | 'needsYou'

/** What the dot beside each step of the rail says. */
export function useStepStates() {
  const { project, activeJob, lastRunJob, lastRun } = storeToRefs(useEngineStore())
  const { clusters } = storeToRefs(useClustersStore())
  return computed<Partial<Record<string, StepState>>>(() => {
    if (!project.value) return {}
    const { images, currentClusteringId } = project.value
    const hasClusters = currentClusteringId !== null
    const named = clusters.value.filter(({ imageCount, classId }) => imageCount > 0 && classId !== null).length
    const filled = clusters.value.filter(({ imageCount }) => imageCount > 0).length
    const run = lastRunJob.value?.state.kind
    return {
      import: activeJob.value?.kind === 'import' ? 'running' : images.total === 0 ? 'needsYou' : images.ok > 0 ? 'ready' : 'empty',
      run:
        activeJob.value?.kind === 'run'
          ? 'running'
          : run === 'failed' || run === 'interrupted' || run === 'paused'
            ? 'needsYou'
            : lastRun.value
              ? 'ready'
              : 'empty',
      clusters: hasClusters ? 'ready' : 'empty',
      map: hasClusters ? 'ready' : 'empty',
      align: !hasClusters ? 'empty' : named === filled && filled > 0 ? 'ready' : 'needsYou',
      export: activeJob.value?.kind === 'export' ? 'running' : 'empty',
    }
  })
}
