import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NeighbourGraph } from '#engine/clustering/neighbour-graph.ts'
import { decodeGraph } from '#engine/clustering/stored-graph.ts'
import type { OpenProject } from '#engine/database/project.ts'
import type { RunId } from '#shared/entities.ts'

/** Who is like whom among the images of a run, in their order; undefined where its stages made no graph, or its file is damaged. */
export function readRunGraph(project: OpenProject, runId: RunId): NeighbourGraph | undefined {
  const path = join(project.folder.run(runId), 'neighbours.graph')
  const graph = existsSync(path) ? decodeGraph(readFileSync(path)) : undefined
  return graph?.count === project.runs.get(runId).imageCount ? graph : undefined
}
