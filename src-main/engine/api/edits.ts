import type { Edit, EditId } from '#shared/entities.ts'
import { api } from './api-context.ts'

export const editsApi = {
  list: api.edits.list.handler(({ context, input }) => context.session().project.edits.list(input.limit)),
  undo: api.edits.undo.handler(({ context }) => ({ edits: context.session().project.edits.undo() })),
  redo: api.edits.redo.handler(({ context }) => ({ edits: context.session().project.edits.redo() })),
}

/** The answer to a correction: the last edit it made. */
export function toDone(edits: readonly Edit[]): { editId: EditId | null } {
  return { editId: edits.at(-1)?.id ?? null }
}
