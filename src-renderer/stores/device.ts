import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { EngineClient } from '#shared/contract/contract.ts'
import type { InstallEvent } from '#shared/contract/device.ts'
import { type ErrorData, toErrorData } from '#shared/errors.ts'
import { engineClient } from '../client/engine-client.ts'

type DeviceReport = Awaited<ReturnType<EngineClient['device']['report']>>

/** What the engine can compute on; asked for on demand, since it loads TensorFlow. */
export const useDeviceStore = defineStore('device', () => {
  const report = shallowRef<DeviceReport>()
  const problem = shallowRef<ErrorData>()
  const isTesting = ref(false)

  async function test(): Promise<void> {
    isTesting.value = true
    problem.value = undefined
    try {
      report.value = await engineClient.device.report({ full: true })
    } catch (error) {
      problem.value = toErrorData(error)
    }
    isTesting.value = false
  }

  /** Set while TensorFlow is being installed. */
  const installation = shallowRef<InstallEvent>()
  let stopInstalling = new AbortController()

  /** Installs TensorFlow, or goes on with what was downloaded before; then looks at the devices again. */
  async function install(): Promise<void> {
    stopInstalling = new AbortController()
    const { signal } = stopInstalling
    installation.value = { step: 'wait', note: '', ratio: null }
    problem.value = undefined
    try {
      for await (const event of await engineClient.device.install({}, { signal })) installation.value = event
    } catch (error) {
      if (!signal.aborted) problem.value = toErrorData(error)
    }
    installation.value = undefined
    if (!signal.aborted && !problem.value) await test()
  }
  const cancelInstall = (): void => stopInstalling.abort()

  return { report, problem, isTesting, installation, test, install, cancelInstall }
})
