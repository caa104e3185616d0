import { exportDataset } from '#engine/exporting/export-dataset.ts'

// Run by killed-export.test.ts: exports what it is told and kills its own process half-way.
const { rows, options, killAt } = JSON.parse(process.argv[2] as string)
await exportDataset(rows, options, {
  onProgress: ({ done }) => {
    if (done === killAt) process.kill(process.pid, 'SIGKILL')
  },
})
