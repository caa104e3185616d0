import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { EngineClient } from '#shared/contract/contract.ts'
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

  return { report, problem, isTesting, test }
})
