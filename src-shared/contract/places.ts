import { z } from 'zod'
import { jobSchema, projectSchema } from '../entities.ts'
import { procedure } from './procedure.ts'

/** A project that was open before, by the user of this computer. */
export const recentProjectSchema = z
  .object({
    path: z.string(),
    name: z.string(),
    openedAt: z.number(),
    imageCount: z.number().int(),
    /** A few of its images, as `data:` addresses. */
    covers: z.array(z.string()).readonly(),
    /** Its folder is not there now. */
    isMissing: z.boolean(),
  })
  .readonly()
export type RecentProject = z.infer<typeof recentProjectSchema>

/** Folders of this computer, for shells without a folder dialog of their own. */
export const foldersContract = {
  /**
   * What lies in a folder; the home folder when none is named. Hidden folders are left out.
   *
   * @throws FOLDER_UNREADABLE also for a folder that the shell does not let be listed.
   */
  list: procedure.input(z.object({ path: z.string().min(1).optional() })).output(
    z.object({
      path: z.string(),
      /** Null at the top of what may be listed. */
      parent: z.string().nullable(),
      /** The folders under which all may be listed; empty where that is everything. */
      roots: z.array(z.string()).readonly(),
      folders: z.array(z.object({ name: z.string(), path: z.string(), isProject: z.boolean() })).readonly(),
      /** Files directly in it that look like images, by their extension. */
      imageCount: z.number().int(),
    }),
  ),
}

export const recentProjectsContract = {
  /** Latest first. */
  list: procedure.output(z.array(recentProjectSchema).readonly()),
  /** Takes a project off the list; its folder is left alone. */
  forget: procedure.input(z.object({ path: z.string().min(1) })).output(z.object({ forgotten: z.boolean() })),
  /** Makes a project of the images that come with the program, and reads them; opens the one there is when it was made before. */
  openSample: procedure.output(z.object({ project: projectSchema, job: jobSchema.nullable() })),
}
