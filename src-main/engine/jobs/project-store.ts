import type { OpenProject } from '#engine/database/project.ts'
import { createClassesTable } from '#engine/database/tables/classes.ts'
import { createClusteringsTable } from '#engine/database/tables/clusterings.ts'
import { createClustersTable } from '#engine/database/tables/clusters.ts'
import { createExportsTable } from '#engine/database/tables/exports.ts'
import { createLabelsTable } from '#engine/database/tables/labels.ts'

/** Everything the jobs and the API keep in a project. */
export type ProjectStore = ReturnType<typeof createProjectStore>

export function createProjectStore(project: OpenProject) {
  const { connection } = project
  return {
    ...project,
    clusterings: createClusteringsTable(connection),
    clusters: createClustersTable(connection),
    classes: createClassesTable(connection),
    labels: createLabelsTable(connection),
    exports: createExportsTable(connection),
  }
}
