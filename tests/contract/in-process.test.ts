import { describeContract } from './suite.ts'

describeContract('in the same process', async (handle) => ({
  carry: (request) => handle(request),
  origin: 'http://spicerack.local',
  headers: {},
  close: async () => undefined,
}))
