import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { EngineClient } from '#shared/contract/contract.ts'
import { type StageName, stageNames } from '#shared/jobs.ts'
import { recipeNamed, recipeNames } from '#shared/recipes/index.ts'
import { type RecipeOverrides, resolveRecipe, stageSettings } from '#shared/recipes/recipe.ts'
import type { Message } from '#shared/said.ts'
import { type SettingDefinition, type SettingValue, settingProblem } from '#shared/settings.ts'
import { engineClient } from '../client/engine-client.ts'
import { useEngineStore } from './engine.ts'
import { useNoticesStore } from './notices.ts'

type Suggestion = Awaited<ReturnType<EngineClient['clusters']['suggest']>>[number]
type Backend = NonNullable<Parameters<EngineClient['runs']['create']>[0]['backend']>

export type SettingRow = Readonly<{
  stage: StageName
  name: string
  definition: SettingDefinition
  /** What the recipe gives. */
  recipeValue: SettingValue
  /** Why the recipe differs from the stage's default; undefined when it does not. */
  reason: string | undefined
  value: SettingValue
  isChanged: boolean
  problem: Message | undefined
}>

const imageSizePx = 32
const usualClusterCount = 10

/** The choices for the next run, and what follows from them. */
export const useRunFormStore = defineStore('runForm', () => {
  const engine = useEngineStore()
  const notices = useNoticesStore()
  const recipe = ref(recipeNames[0] as string)
  const seed = ref(0)
  const backend = ref<Backend>('auto')
  const lastStage = ref<StageName>('semi')
  const changes = reactive<Partial<Record<StageName, Record<string, SettingValue>>>>({})
  /** What a person has typed or picked; undefined until they do. */
  const chosenCount = ref<number>()
  const suggestions = shallowRef<readonly Suggestion[]>([])
  /** The first that was suggested. */
  const best = ref<number>()
  const isSuggesting = ref(false)

  const imageCount = computed(() => engine.project?.images.ok ?? 0)
  const mostClusters = computed(() => Math.max(2, Math.floor(imageCount.value / 2)))
  const clusterCount = computed<number>({
    get: () => chosenCount.value ?? best.value ?? Math.min(engine.lastRun?.clusterCount ?? usualClusterCount, mostClusters.value),
    set(count) {
      chosenCount.value = count
    },
  })
  const isCountPossible = computed(
    () => Number.isInteger(clusterCount.value) && clusterCount.value >= 2 && clusterCount.value <= mostClusters.value,
  )

  const rows = computed<readonly SettingRow[]>(() => {
    const facts = {
      imageCount: imageCount.value,
      clusterCount: Math.max(2, clusterCount.value || 2),
      imageSize: engine.lastRun?.imageSizePx ?? imageSizePx,
    }
    const chosen = recipeNamed(recipe.value)
    const resolved = resolveRecipe(chosen, facts)
    return stageNames.flatMap((stage) =>
      Object.entries(stageSettings[stage] as Record<string, SettingDefinition>).map(([name, definition]) => {
        const recipeValue = (resolved[stage] as unknown as Record<string, SettingValue>)[name] as SettingValue
        const value = changes[stage]?.[name] ?? recipeValue
        const change = (chosen.changes[stage] as Record<string, { reason: string }> | undefined)?.[name]
        return {
          stage,
          name,
          definition,
          recipeValue,
          reason: change?.reason,
          value,
          isChanged: value !== recipeValue,
          problem: settingProblem(name, definition, value),
        }
      }),
    )
  })
  const changedCount = computed(() => rows.value.filter(({ isChanged }) => isChanged).length)
  const isPossible = computed(
    () => isCountPossible.value && imageCount.value >= 2 && rows.value.every(({ problem }) => problem === undefined),
  )

  watch(
    () => engine.project?.id,
    () => {
      suggestions.value = []
      best.value = undefined
      chosenCount.value = undefined
    },
    { immediate: true },
  )

  function change(stage: StageName, name: string, value: SettingValue | undefined): void {
    const ofStage = { ...changes[stage] }
    if (value === undefined) delete ofStage[name]
    else ofStage[name] = value
    changes[stage] = ofStage
  }

  async function suggest(): Promise<void> {
    isSuggesting.value = true
    const found = (await notices.attempt(() => engineClient.clusters.suggest())) ?? []
    suggestions.value = found.toSorted((one, other) => one.clusterCount - other.clusterCount)
    best.value = found[0]?.clusterCount
    // Asking for a suggestion is asking for another number.
    if (best.value !== undefined) chosenCount.value = undefined
    isSuggesting.value = false
  }

  function start(): Promise<void> {
    const overrides: RecipeOverrides = Object.fromEntries(
      Object.entries(changes).filter(([, values]) => Object.keys(values ?? {}).length > 0),
    )
    const reason = suggestions.value.find((suggestion) => suggestion.clusterCount === clusterCount.value)?.reason
    return engine.startRun({
      recipe: recipe.value,
      clusterCount: clusterCount.value,
      ...(reason === undefined ? {} : { clusterCountReason: reason }),
      seed: seed.value,
      backend: backend.value,
      lastStage: lastStage.value,
      overrides,
    })
  }

  return {
    clusterCount,
    recipe,
    seed,
    backend,
    lastStage,
    suggestions,
    isSuggesting,
    imageCount,
    mostClusters,
    rows,
    changedCount,
    isPossible,
    change,
    suggest,
    start,
  }
})
