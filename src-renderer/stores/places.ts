import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { RecentProject } from '#shared/contract/places.ts'
import { engineClient } from '../client/engine-client.ts'
import { host } from '../client/host.ts'
import { router } from '../router/router.ts'
import { useEngineStore } from './engine.ts'
import { useNoticesStore } from './notices.ts'

/** Which dialog asks for a place now, and what happens with the answer. */
export const usePlacesStore = defineStore('places', () => {
  const engine = useEngineStore()
  const notices = useNoticesStore()
  const recent = shallowRef<readonly RecentProject[]>([])
  const isChoosingFolder = ref(false)
  const isChoosingProject = ref(false)
  /** The folder of images that a new project is to be made of. */
  const newFolder = ref<string>()

  async function loadRecent(): Promise<void> {
    recent.value = (await engineClient.recentProjects.list().catch(() => undefined)) ?? recent.value
  }
  watch(() => [engine.project?.id, engine.connection], loadRecent, { immediate: true })

  async function forget(path: string): Promise<void> {
    await notices.attempt(() => engineClient.recentProjects.forget({ path }))
    await loadRecent()
  }

  const open = (path: string): Promise<void> => engine.openProject(path)

  async function openSample(): Promise<void> {
    if (engine.project) await engine.closeProject()
    await engine.act(() => engineClient.recentProjects.openSample())
  }

  /** Reads images of more folders, and shows how they come. */
  async function addFolders(paths: readonly string[]): Promise<void> {
    await engine.importFolders(paths)
    await router.push({ name: 'import' })
  }

  /** Images of a folder: added to the open project, or a new project. */
  function takeFolder(path: string, isNew: boolean): void {
    if (path.endsWith('.spicerack')) void open(path)
    else if (engine.project && !isNew) void addFolders([path])
    else newFolder.value = path
  }

  async function askProject(title: string): Promise<void> {
    if (!host) {
      isChoosingProject.value = true
      return
    }
    const path = await host.chooseFolder({ title })
    if (path) await open(path)
  }

  /** Whether the folder that is being chosen is for a new project. */
  const isForNew = ref(true)
  async function askFolder(title: string, isNew: boolean): Promise<void> {
    isForNew.value = isNew
    if (!host) {
      isChoosingFolder.value = true
      return
    }
    const path = await host.chooseFolder({ title })
    if (path) takeFolder(path, isNew)
  }

  return {
    recent,
    isChoosingFolder,
    isChoosingProject,
    isForNew,
    newFolder,
    forget,
    open,
    openSample,
    addFolders,
    takeFolder,
    askProject,
    askFolder,
  }
})
