import type { EditAct } from '#engine/database/edit-acts.ts'
import type { OpenProject } from '#engine/database/project.ts'
import { drawClassImages, readClassAudit } from '#engine/jobs/class-audits.ts'
import type { Audit } from '#shared/contract/audits.ts'
import type { ClassId, ImageId } from '#shared/entities.ts'
import { SpicerackError } from '#shared/errors.ts'
import { estimatePurity } from '#shared/purity.ts'
import { say } from '#shared/said.ts'
import { api } from './api-context.ts'
import { currentClustering } from './clusterings.ts'
import { toDone } from './edits.ts'
import { toTile } from './images.ts'

export const auditsApi = {
  list: api.audits.list.handler(({ context }) => listAudits(context.session().project)),
  next: api.audits.next.handler(({ context, input: { classId, count } }) => {
    const { project } = context.session()
    project.classes.get(classId)
    return project.pages.several(drawClassImages(project, currentClustering(project), classId, count)).map(toTile)
  }),
  answer: api.audits.answer.handler(({ context, input }) => {
    const { project } = context.session()
    const done = toDone(project.edits.apply(...toActs(project, input)))
    return { ...done, audit: describeAudit(project, input.classId) }
  }),
  forget: api.audits.forget.handler(({ context, input }) => {
    const { project } = context.session()
    const auditId = project.audits.find(currentClustering(project).id, input.classId)
    if (auditId === undefined) throw new SpicerackError('NOT_FOUND', say('nothingAudited'))
    return toDone(project.edits.apply({ kind: 'forgetAudit', auditId }))
  }),
}

type Answer = Readonly<{
  classId: ClassId
  right: readonly ImageId[]
  wrong: readonly ImageId[]
  correctClassId?: ClassId | undefined
}>

function toActs(project: OpenProject, { classId, right, wrong, correctClassId }: Answer): EditAct[] {
  const clustering = currentClustering(project)
  const { name } = project.classes.get(classId)
  if (correctClassId === classId) throw new SpicerackError('BAD_INPUT', say('wrongAndRight', { name }))
  const known = new Set(project.audits.members(clustering.id, classId).map(({ imageId }) => imageId))
  const stranger = [...right, ...wrong].find((imageId) => !known.has(imageId))
  if (stranger !== undefined) throw new SpicerackError('CONFLICT', say('notInClassAnyMore', { image: stranger, name }))
  if (right.length + wrong.length === 0) throw new SpicerackError('BAD_INPUT', say('answerAboutNone'))
  const auditId = project.audits.require(clustering.id, classId)
  const acts: EditAct[] = []
  if (right.length > 0)
    acts.push(
      { kind: 'auditImages', auditId, imageIds: right, isRight: true },
      { kind: 'unrejectImages', imageIds: right },
      { kind: 'labelImages', imageIds: right, classId },
    )
  if (wrong.length > 0) {
    acts.push({ kind: 'auditImages', auditId, imageIds: wrong, isRight: false })
    if (correctClassId === undefined) acts.push({ kind: 'rejectImages', imageIds: wrong })
    else acts.push({ kind: 'unrejectImages', imageIds: wrong }, { kind: 'labelImages', imageIds: wrong, classId: correctClassId })
  }
  return acts
}

function listAudits(project: OpenProject): Audit[] {
  const clustering = currentClustering(project)
  const counts = project.audits.machineCounts()
  const answered = new Set(project.audits.ofClustering(clustering.id).flatMap(({ classId, lookCount }) => (lookCount > 0 ? [classId] : [])))
  const earlier = project.audits.earlierLooks(clustering.id)
  return project.classes.list().map(({ id: classId }) => {
    if (answered.has(classId)) return describeAudit(project, classId)
    const sample = { imageCount: counts.get(classId) ?? 0, looked: 0, right: 0 }
    return { classId, ...sample, ...estimatePurity(sample), waiting: 0, missing: 0, outdated: earlier.get(classId) ?? 0 }
  })
}

function describeAudit(project: OpenProject, classId: ClassId): Audit {
  const clustering = currentClustering(project)
  const { sample: seen, imageCount, waitingCount: waiting, missingCount: missing } = readClassAudit(project, clustering, classId)
  const lookCount = project.audits.ofClustering(clustering.id).find((audit) => audit.classId === classId)?.lookCount ?? 0
  const sample = { imageCount, looked: seen.length, right: seen.filter(({ isRight }) => isRight).length }
  const outdated = lookCount - sample.looked - waiting + (project.audits.earlierLooks(clustering.id).get(classId) ?? 0)
  return { classId, ...sample, ...estimatePurity(sample), waiting, missing, outdated }
}
