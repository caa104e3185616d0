import { onBeforeUnmount, onMounted } from 'vue'
import { useI18n } from 'vue-i18n'
import { host } from '../client/host.ts'
import { useEngineStore } from '../stores/engine.ts'
import { useCommands } from './command.ts'

const projectEnding = '.spicerack'

/** Projects and folders of images by the system's own means: its dialogs, its double click, dropped on the window. Nothing in a browser. */
export function useNativeFolders(): void {
  if (!host) return
  const desktop = host
  const { t } = useI18n()
  const engine = useEngineStore()
  let release = (): void => undefined

  async function openProject(): Promise<void> {
    const path = await desktop.chooseFolder({ title: t('desktop.openProject') })
    if (path !== null) await engine.openProject(path)
  }

  /** A project for this folder of images, where the person wants it; the images stay where they are. */
  async function newProject(images?: string): Promise<void> {
    const folder = images ?? (await desktop.chooseFolder({ title: t('desktop.chooseImages') }))
    if (folder === null) return
    const path = await desktop.saveFolder({ title: t('desktop.placeProject'), name: `${nameOf(folder)}${projectEnding}` })
    if (path !== null) await engine.createProject(path.endsWith(projectEnding) ? path : `${path}${projectEnding}`, folder)
  }

  async function addImages(): Promise<void> {
    const folder = await desktop.chooseFolder({ title: t('desktop.chooseImages') })
    if (folder !== null) await engine.importImages(folder)
  }

  function take(path: string): Promise<void> {
    if (path.endsWith(projectEnding)) return engine.openProject(path)
    return engine.project ? engine.importImages(path) : newProject(path)
  }

  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true
  const allow = (event: DragEvent): void => {
    if (hasFiles(event)) event.preventDefault()
  }
  const drop = (event: DragEvent): void => {
    const [file] = event.dataTransfer?.files ?? []
    if (!hasFiles(event) || !file) return
    event.preventDefault()
    void take(desktop.pathOfDroppedFile(file))
  }

  useCommands({
    openProject,
    newProject: () => newProject(),
    addImages: { run: addImages, isEnabled: () => engine.project !== undefined },
  })
  onMounted(() => {
    window.addEventListener('dragover', allow)
    window.addEventListener('drop', drop)
    release = desktop.onOpenProject((path) => void engine.openProject(path))
  })
  onBeforeUnmount(() => {
    window.removeEventListener('dragover', allow)
    window.removeEventListener('drop', drop)
    release()
  })
}

function nameOf(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? 'images'
}
