import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import type { ClassId, ClusterId, ImageId } from '#shared/entities.ts'
import type { ImageFilter, ImageOrderSort } from '../../stores/image-order.ts'

/** What the grid shows, as the address of the page keeps it. */
export type ImageQuery = Readonly<{
  filter: ImageFilter
  sort: ImageOrderSort
  /** Shows what looks like this image instead. */
  similarTo?: ImageId
}>

export const imageSorts = ['typical', 'uncertain', 'path', 'id'] as const satisfies readonly ImageOrderSort[]
export const imageBands = ['reliable', 'doubtful', 'rejected'] as const
export const imageSources = ['human', 'imported', 'mapping'] as const

export function fromQuery(query: LocationQuery): ImageQuery {
  const text = (name: string): string | undefined => (typeof query[name] === 'string' ? query[name] : undefined)
  const id = (name: string): number | undefined => (Number(text(name)) > 0 ? Number(text(name)) : undefined)
  const clusterId = id('cluster') as ClusterId | undefined
  const classId = text('class') === 'none' ? null : (id('class') as ClassId | undefined)
  const labelSource = imageSources.find((source) => source === text('source'))
  const band = imageBands.find((known) => known === text('band'))
  const search = text('search')
  const similarTo = id('similar') as ImageId | undefined
  return {
    ...(similarTo === undefined ? {} : { similarTo }),
    filter: {
      ...(clusterId === undefined ? {} : { clusterId }),
      ...(classId === undefined ? {} : { classId }),
      ...(labelSource === undefined ? {} : { labelSource }),
      ...(band === undefined ? {} : { band }),
      ...(text('duplicates') === 'yes' ? { duplicates: true as const } : {}),
      ...(search ? { search } : {}),
      status: 'ok',
    },
    sort: imageSorts.find((sort) => sort === text('sort')) ?? 'typical',
  }
}

export function toQuery({ filter, sort }: ImageQuery): LocationQueryRaw {
  return {
    ...(filter.clusterId === undefined ? {} : { cluster: filter.clusterId }),
    ...(filter.classId === undefined ? {} : { class: filter.classId ?? 'none' }),
    ...(filter.labelSource === undefined ? {} : { source: filter.labelSource }),
    ...(filter.band === undefined ? {} : { band: filter.band }),
    ...(filter.duplicates ? { duplicates: 'yes' } : {}),
    ...(filter.search ? { search: filter.search } : {}),
    ...(sort === 'typical' ? {} : { sort }),
  }
}
