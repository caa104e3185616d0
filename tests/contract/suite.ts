import { appendFileSync, existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, type Engine } from '#engine/engine.ts'
import { type Carrier, createEngineClient } from '#shared/contract/client.ts'
import { contract, type EngineClient } from '#shared/contract/contract.ts'
import type { ClusterId, ImageId, RunId } from '#shared/entities.ts'
import type { SpicerackError } from '#shared/errors.ts'
import { makeTemporaryFolder, makeTinyImages, tinyImageCount, tinyRun, untilAtRest } from '../tiny-project.ts'

/** A way to reach the engine. */
export type Way = Readonly<{
  carry: Carrier
  origin: string
  /** For plain requests. */
  headers: Readonly<Record<string, string>>
  close(): Promise<void>
}>

/** What every way to the engine must do alike. `open` makes the way to this handler; files it needs may lie in `folder`. */
export function describeContract(name: string, open: (handle: Engine['handle'], folder: string) => Promise<Way>): void {
  describe(`the contract ${name}`, () => {
    let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
    let engine: Engine
    let way: Way
    let client: EngineClient
    const called = new Set<string>()
    const bugs: unknown[] = []
    const droppedPaths: string[] = []

    const place = (...parts: string[]): string => join(folder.path, ...parts)
    const plain = (path: string, init: RequestInit = {}): Promise<Response> =>
      way.carry(
        new Request(way.origin + path, { ...init, headers: { ...way.headers, ...init.headers } }),
        {} as never,
        {} as never,
        [],
        undefined as never,
      )
    const call = (path: string, body: string): Promise<Response> =>
      plain(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } })

    beforeAll(async () => {
      folder = await makeTemporaryFolder()
      await makeTinyImages(place('images'))
      engine = createEngine({ reportBug: (error) => bugs.push(error), stateFolder: place('state') })
      const handle: Engine['handle'] = (request) => {
        request.signal.addEventListener('abort', () => droppedPaths.push(new URL(request.url).pathname))
        return engine.handle(request)
      }
      way = await open(handle, folder.path)
      client = noteCalls(createEngineClient(way.carry, way.origin), called)
    })
    afterAll(async () => {
      await way?.close()
      await engine?.close()
      await folder?.remove()
    })

    it('answers about itself before a project is open, and says that none is', async () => {
      expect(await client.engine.status()).toMatchObject({ project: null, activeJobCount: 0 })
      await expect(client.images.list({})).rejects.toMatchObject({ code: 'PROJECT_NOT_OPEN' })
      await expect(client.project.open({ path: place('nothing') })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('makes a project and imports a folder', async () => {
      expect(await client.project.create({ path: place('tiny') })).toMatchObject({ name: 'tiny', images: { total: 0 } })
      await expect(client.project.create({ path: place('other') })).rejects.toMatchObject({ code: 'CONFLICT' })
      await expect(client.runs.create(tinyRun)).rejects.toMatchObject({ code: 'NO_IMAGES' })
      await expect(client.assignments.columns()).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(client.layouts.columns()).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await client.layouts.compute()).toEqual({ runId: null, imageCount: 0, state: { kind: 'noEmbedding' } })
      const job = await client.images.import({ folder: place('images'), size: 32 })
      expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
      expect(await client.project.get()).toMatchObject({ images: { total: tinyImageCount, ok: tinyImageCount } })
      expect(await client.images.problems()).toEqual([])
      expect(await client.images.duplicates()).toBeInstanceOf(Array)
    })

    it('suggests numbers of clusters from the pixels', async () => {
      const suggestions = await client.clusters.suggest()
      expect(suggestions).toContainEqual(
        expect.objectContaining({ clusterCount: 2, reason: expect.objectContaining({ text: expect.stringMatching(/./) }) }),
      )
    })

    it('gives images page by page', async () => {
      const first = await client.images.list({ limit: 25, sort: 'path' })
      const second = await client.images.list({ limit: 25, sort: 'path', after: first.next! })
      const paths = [...first.images, ...second.images].map(({ path }) => path)
      expect(paths).toEqual(paths.toSorted())
      expect({ count: new Set(paths).size, next: second.next, total: first.total }).toEqual({
        count: tinyImageCount,
        next: null,
        total: tinyImageCount,
      })
      expect((await client.images.list({ filter: { search: 'LIMES' } })).total).toBe(tinyImageCount / 2)
      const image = first.images[0]!
      expect(await client.images.get({ imageId: image.id })).toEqual(image)
      expect(await client.images.headAgreement({ imageId: image.id })).toEqual({ agreement: null })
      expect(await client.images.similar({ imageId: image.id })).toEqual([])
      expect(await client.images.history({ imageId: image.id })).toEqual([])
      expect(await client.images.photo({ imageId: image.id })).toBeNull()
      const thumbnail = await plain(`/thumbnails/${image.id}/${image.contentHash}`)
      expect([thumbnail.status, thumbnail.headers.get('content-type')]).toEqual([200, 'image/webp'])
      expect((await plain(`/thumbnails/${image.id}/0000`)).status).toBe(404)
    })

    it('refuses what the contract does not allow, with one of our codes', async () => {
      await expect(client.images.get({ imageId: -1 as ImageId })).rejects.toMatchObject({
        code: 'BAD_INPUT',
        message: expect.stringContaining('imageId'),
      })
      await expect(client.images.get({ imageId: 12_345 as ImageId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(client.images.list({ after: 'no cursor' })).rejects.toMatchObject({ code: 'BAD_INPUT' })
      await expect(client.runs.create({ clusterCount: 21 })).rejects.toMatchObject({ code: 'BAD_CLUSTER_COUNT' })
      await expect(client.runs.create({ clusterCount: 2, overrides: { self: { nonsense: 1 } } })).rejects.toMatchObject({
        code: 'BAD_INPUT',
      })
      await expect(client.runs.get({ runId: 'run-9999' as RunId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await call('/rpc/images/get', '{"json":')).status).toBe(400)
      expect((await call('/rpc/images/burn', '{}')).status).toBe(404)
      expect((await plain('/rpc/../../etc/passwd')).status).toBe(404)
    })

    it('tells a bug to its own log and nothing of it to the caller', async () => {
      const settings = place('tiny.spicerack', 'pixels', 'settings.json')
      const before = bugs.length
      await writeFile(settings, '{ broken')
      const response = await call('/rpc/runs/create', JSON.stringify({ json: tinyRun }))
      const body = await response.text()
      await writeFile(settings, '{"size":32,"fit":"cover"}\n')
      expect(response.status).toBe(500)
      expect(JSON.parse(body)).toMatchObject({ json: { code: 'INTERNAL', message: expect.stringContaining('nothing was changed') } })
      expect(body).not.toMatch(/SyntaxError|JSON at|\.ts|stack|broken/)
      expect(bugs.slice(before)).toEqual([expect.any(SyntaxError)])
    })

    it('runs every stage, pauses and goes on, and streams what happens', async () => {
      const { run, job } = await client.runs.create({ ...tinyRun, lastStage: 'semi' })
      const paused = await client.jobs.pause({ jobId: job.id })
      expect(paused.state.kind).toBe('paused')
      expect((await client.jobs.resume({ jobId: job.id })).state.kind).toMatch(/^(queued|starting|running)$/)
      const sequences: number[] = []
      for await (const event of await client.jobs.events({ jobId: job.id })) sequences.push(event.sequence)
      expect(sequences).toEqual(sequences.map((_, index) => sequences[0]! + index))
      expect((await client.jobs.get({ jobId: job.id })).state).toEqual({ kind: 'completed' })
      const [anImage] = (await client.images.list({ limit: 1 })).images
      const { agreement } = await client.images.headAgreement({ imageId: anImage!.id })
      expect([0, 1]).toContain(agreement)
      const { stages } = await client.runs.get({ runId: run.id })
      expect(stages.map(({ name, state, resultFile }) => [name, state, resultFile])).toEqual([
        ['pretrain', 'completed', `runs/${run.id}/pretrain.weights`],
        ['embed', 'completed', `embeddings/${run.id}.f32`],
        ['self', 'completed', null],
        ['reliable', 'completed', `runs/${run.id}/neighbours.i32`],
        ['semi', 'completed', `runs/${run.id}/semi.weights`],
      ])
      for (const { resultFile } of stages) expect(resultFile === null || existsSync(place('tiny.spicerack', resultFile))).toBe(true)
      const points = []
      for await (const part of await client.runs.metrics({ runId: run.id })) points.push(...part.points)
      expect(new Set(points.map(({ stage }) => stage))).toEqual(new Set(['pretrain', 'self', 'semi']))
      const lines = await client.runs.log({ runId: run.id })
      expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted((one, other) => one - other))
      const completed = lines.filter(({ event }) => event === 'completed').map(({ stage }) => stage)
      expect(completed).toEqual(['pretrain', 'embed', 'self', 'reliable', 'semi'])
      // What a run says can be worded in another language; what was kept as plain text is read too.
      const said = lines.flatMap((line) => (line.event === 'log' ? [line.said] : []))
      expect(said.length).toBeGreaterThan(0)
      for (const each of said) expect(each).toEqual({ text: expect.any(String), key: expect.any(String), values: expect.any(Object) })
      appendFileSync(
        place('tiny.spicerack', 'runs', run.id, 'log.ndjson'),
        `${JSON.stringify({ at: new Date().toISOString(), event: 'log', line: 'Of before.' })}\n`,
      )
      expect((await client.runs.log({ runId: run.id })).at(-1)).toMatchObject({ event: 'log', said: 'Of before.' })
      expect(await client.jobs.list()).toHaveLength(2)
      expect(await client.runs.list()).toHaveLength(1)
    })

    it('stops reading when the connection is dropped, and the work goes on', async () => {
      const { run, job } = await client.runs.create({ ...tinyRun, seed: 8, lastStage: 'self' })
      const drop = new AbortController()
      const before = droppedPaths.length
      const events = await client.jobs.events({ jobId: job.id }, { signal: drop.signal })
      const first = await events.next()
      expect(first.value).toMatchObject({ type: 'snapshot' })
      drop.abort()
      await expect.poll(() => droppedPaths.slice(before)).toContain('/rpc/jobs/events')
      expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
      const [newest, older] = await client.runs.list()
      expect(newest!.id).toBe(run.id)
      expect(await client.runs.compare({ runId: newest!.id, otherRunId: older!.id })).toMatchObject({ imageCount: tinyImageCount })
      await expect(client.jobs.cancel({ jobId: job.id })).rejects.toMatchObject({ code: 'CONFLICT' })
    })

    it('keeps corrections, and undoes and redoes them', async () => {
      const [semi] = (await client.clusterings.list()).filter(({ stage }) => stage === 'semi')
      expect(await client.clusterings.choose({ clusteringId: semi!.id })).toMatchObject({ id: semi!.id, isCurrent: true })
      const { images } = await client.images.list({ limit: 1000 })
      const idsOf = async (clusterId: ClusterId) =>
        (await client.images.list({ filter: { clusterId }, limit: 1000 })).images.map(({ id }) => id)
      const [one, other] = (await client.clusters.list()).map(({ id }) => id)
      const before = await client.clusters.list()

      await client.clusters.rename({ clusterId: one!, name: 'Red ones' })
      await client.clusters.recolour({ clusterId: one!, colour: '#aa0000' })
      const moved = images.slice(0, 3).map(({ id }) => id)
      await client.assignments.move({ imageIds: moved, clusterId: one! })
      await client.assignments.reject({ imageIds: [images[39]!.id], rejected: true })
      await client.assignments.confirm({ imageIds: [images[38]!.id] })
      const { newClusterId } = await client.clusters.create({ name: 'Odd ones', imageIds: [images[5]!.id] })
      expect(await idsOf(newClusterId)).toEqual([images[5]!.id])
      const split = await client.clusters.split({ clusterId: one! })
      expect((await idsOf(split.newClusterId)).length).toBeGreaterThan(0)
      await client.clusters.merge({ clusterIds: [one!, split.newClusterId] })
      expect(await idsOf(split.newClusterId)).toEqual([])
      expect(await client.images.get({ imageId: moved[0]! })).toMatchObject({ placed: true, assignment: { clusterId: one! } })
      await expect(client.assignments.move({ imageIds: [99_999 as ImageId], clusterId: one! })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(client.clusters.merge({ clusterIds: [other!, other!] })).rejects.toMatchObject({ code: 'BAD_INPUT' })

      const { classId } = await client.classes.create({ name: 'apple', key: 'a' })
      const second = await client.classes.create({ name: 'apples' })
      await client.classes.change({ classId: second.classId, name: 'pear', colour: '#00aa00' })
      await expect(client.classes.create({ name: 'apple' })).rejects.toMatchObject({ code: 'CONFLICT' })
      await client.labels.set({ imageIds: [images[7]!.id], classId: second.classId })
      expect(await client.labels.list()).toEqual([{ imageId: images[7]!.id, classId: second.classId, source: 'human', confidence: 1 }])
      await client.classes.merge({ classIds: [second.classId], into: classId })
      expect(await client.labels.list()).toMatchObject([{ classId }])
      await client.mappings.set({ clusterId: one!, classId })
      expect(await client.mappings.list()).toEqual([{ clusterId: one!, classId }])
      await client.mappings.set({ clusterId: one!, classId: null })
      await client.classes.remove({ classId })
      expect(await client.classes.list()).toEqual([])

      const edits = await client.edits.list({})
      expect(edits.length).toBe(16)
      for (const _ of new Set(edits.map(({ group }) => group))) await client.edits.undo()
      await expect(client.edits.undo()).rejects.toMatchObject({ code: 'NOTHING_TO_UNDO' })
      expect(await client.clusters.list()).toEqual(before)
      expect((await client.edits.redo()).edits).toMatchObject([{ kind: 'renameCluster', undone: false }])
      expect((await client.clusters.list()).find(({ id }) => id === one)).toMatchObject({ name: 'Red ones' })
    })

    it('shows what a run changed and what it says against a person, who has the last word', async () => {
      const [semi] = (await client.clusterings.list()).filter(({ stage }) => stage === 'semi')
      const [one, other] = (await client.clusters.list()).map(({ id }) => id)
      const idsOf = async (clusterId: ClusterId) =>
        (await client.images.list({ filter: { clusterId }, limit: 1000 })).images.map(({ id }) => id)
      const [first, second] = [await client.classes.create({ name: 'first' }), await client.classes.create({ name: 'second' })]
      await client.mappings.apply({
        mappings: [
          { clusterId: one!, classId: first.classId },
          { clusterId: other!, classId: second.classId },
        ],
      })
      // Every image of the one cluster has the class of the other.
      await client.labels.set({ imageIds: await idsOf(one!), classId: second.classId })
      await client.labels.set({ imageIds: await idsOf(other!), classId: first.classId })
      expect(await client.diff.get()).toMatchObject({ before: null, after: { id: semi!.id }, flows: [], contradictions: { open: 0 } })
      const { run, job } = await client.runs.create({ ...tinyRun, lastStage: 'self' })
      expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
      const diff = await client.diff.get()
      expect(diff).toMatchObject({ before: { runId: expect.not.stringContaining(run.id) }, after: { runId: run.id } })
      const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
      expect(sumOf(diff.flows.map(({ imageCount }) => imageCount))).toBe(tinyImageCount)
      expect(sumOf(diff.clusters.map(({ beforeCount }) => beforeCount))).toBe(tinyImageCount)
      expect(sumOf(diff.clusters.map(({ afterCount }) => afterCount))).toBe(tinyImageCount)
      const moved = diff.flows.filter(({ fromClusterId, toClusterId }) => fromClusterId !== toClusterId)
      expect(diff.movedCount).toBe(sumOf(moved.map(({ imageCount }) => imageCount)))
      const [largest] = diff.flows
      const { count, url } = await client.diff.images(largest!)
      expect([count, (await (await plain(url)).arrayBuffer()).byteLength]).toEqual([largest!.imageCount, 4 * count])

      const { contradictions, next } = await client.diff.contradictions({ limit: 500 })
      expect([contradictions.length, next]).toEqual([diff.contradictions.open, null])
      const [surest] = contradictions
      expect(surest).toMatchObject({ image: { labelSource: 'human', classId: surest!.decided.classId }, decided: { clusterId: null } })
      expect(surest!.found.classId).not.toBe(surest!.decided.classId)
      const page = await client.diff.contradictions({ limit: 1 })
      expect(page.contradictions).toEqual([surest])
      const rest = await client.diff.contradictions({ limit: 500, after: page.next! })
      expect(rest.contradictions).toEqual(contradictions.slice(1))
      await expect(client.diff.contradictions({ after: 'no cursor' })).rejects.toMatchObject({ code: 'BAD_INPUT' })

      const imageId = surest!.image.id
      expect(await client.diff.decide({ imageIds: [imageId], choice: 'new' })).toMatchObject({ imageCount: 1 })
      expect(await client.images.get({ imageId })).toMatchObject({ classId: surest!.found.classId, labelSource: 'mapping' })
      await expect(client.diff.decide({ imageIds: [imageId], choice: 'new' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await client.diff.decide({ choice: 'mine' })).toMatchObject({ imageCount: contradictions.length - 1 })
      expect((await client.diff.get()).contradictions).toEqual({ open: 0, settled: contradictions.length - 1 })
      expect((await client.diff.contradictions({ settled: true, limit: 500 })).contradictions).toEqual(contradictions.slice(1))
      for (const kind of ['keepMine', 'takeNew', 'labelImages', 'labelImages', 'mapCluster', 'createClass', 'createClass'])
        expect((await client.edits.undo()).edits).toMatchObject(kind === 'mapCluster' ? [{ kind }, { kind }] : [{ kind }])
      await client.clusterings.choose({ clusteringId: semi!.id })
    })

    it('lists folders, and remembers projects until they are forgotten', async () => {
      const listed = await client.folders.list({ path: place('images') })
      expect(listed.folders.map(({ name, isProject }) => [name, isProject])).toEqual([
        ['apples', false],
        ['limes', false],
      ])
      expect(listed.parent).toBe(place())
      expect((await client.folders.list({ path: place('images', 'apples') })).imageCount).toBe(tinyImageCount / 2)
      await expect(client.folders.list({ path: place('nowhere') })).rejects.toMatchObject({ code: 'FOLDER_UNREADABLE' })
      await expect(client.folders.list({ path: 'images' })).rejects.toMatchObject({ code: 'BAD_INPUT' })
      expect((await client.folders.list({})).folders).toBeInstanceOf(Array)

      const { path } = await client.project.get()
      expect((await client.recentProjects.list())[0]).toMatchObject({
        ...{ path, isMissing: false },
        covers: Array(4).fill(expect.stringMatching(/^data:image\/webp;base64,.{40}/)),
      })
      expect(await client.recentProjects.forget({ path })).toEqual({ forgotten: true })
      expect(await client.recentProjects.forget({ path })).toEqual({ forgotten: false })
      await expect(client.recentProjects.openSample()).rejects.toMatchObject({ code: 'CONFLICT' })
    })

    it('orders all images for a grid, shows them as tiles, and gives every cluster its covers', async () => {
      const { count, url, bands } = await client.images.order({})
      const ids = [...new Int32Array(await (await plain(url)).arrayBuffer())] as ImageId[]
      expect([count, ids.length]).toEqual([tinyImageCount, tinyImageCount])
      expect(bands.reduce((sum, band) => sum + band.count, 0)).toBe(tinyImageCount)
      const tiles = await client.images.tiles({ imageIds: [...ids, 999_999 as ImageId] })
      expect(tiles.map(({ id }) => id)).toEqual(ids)
      expect(tiles.map(({ band }) => band)).toEqual(bands.flatMap((band) => Array.from({ length: band.count }, () => band.band)))
      expect((await plain(tiles[0]!.thumbnailUrl!)).headers.get('content-type')).toBe('image/webp')

      const uncertain = await client.images.order({ sort: 'uncertain' })
      const first = new Int32Array(await (await plain(uncertain.url)).arrayBuffer())[0]
      expect(tiles.find(({ id }) => id === first)!.confidence).toBe(Math.min(...tiles.map(({ confidence }) => confidence!)))
      const covers = await client.clusters.covers({ count: 4 })
      for (const { clusterId, imageIds, thumbnailUrls } of covers) {
        const own = tiles.filter((tile) => tile.clusterId === clusterId)
        expect(imageIds).toEqual(own.slice(0, 4).map(({ id }) => id))
        expect(thumbnailUrls).toEqual(own.slice(0, 4).map(({ thumbnailUrl }) => thumbnailUrl))
      }
      expect(covers.length).toBe((await client.clusters.list()).filter(({ imageCount }) => imageCount > 0).length)
      const ofCluster = await client.images.order({ filter: { clusterId: covers[0]!.clusterId } })
      expect(ofCluster.count).toBe(tiles.filter(({ clusterId }) => clusterId === covers[0]!.clusterId).length)
      expect((await client.images.order({ filter: { search: 'no such name' } })).count).toBe(0)
    })

    it('matches clusters with classes by known labels, and measures against a truth', async () => {
      const rows = (await client.images.list({ limit: 1000 })).images.map(({ path }) => `${path},${path.split('/')[0]}`)
      await writeFile(place('labels.csv'), `\uFEFFfile,class\n${rows.join('\n')}\nunknown.png,apples\n`)
      expect(await client.labels.import({ path: place('labels.csv') })).toMatchObject({
        labelled: tinyImageCount,
        classCount: 2,
        unmatched: 1,
      })
      expect((await client.edits.undo()).edits.map(({ kind }) => kind)).toEqual([
        'createClass',
        'createClass',
        'labelImages',
        'labelImages',
      ])
      expect(await client.classes.list()).toEqual([])
      await client.edits.redo()
      expect((await client.classes.list()).map(({ key }) => key)).toEqual(['1', '2'])
      const imported = await client.images.list({ filter: { labelSource: 'imported' }, limit: 1000 })
      expect(imported.total).toBe(tinyImageCount)
      const [apples, limes] = (await client.classes.list()).map(({ id }) => id)
      const overruled = imported.images.find(({ classId }) => classId === apples)!.id
      await client.labels.set({ imageIds: [overruled], classId: limes! })
      expect(await client.images.get({ imageId: overruled })).toMatchObject({ classId: limes, labelSource: 'human' })
      await client.labels.set({ imageIds: [overruled], classId: null })
      expect(await client.images.get({ imageId: overruled })).toMatchObject({ classId: null, labelSource: null })
      await client.edits.undo()
      await client.edits.undo()
      expect(await client.images.get({ imageId: overruled })).toMatchObject({ classId: apples, labelSource: 'imported' })
      const proposals = await client.mappings.propose()
      expect(proposals.length).toBe(2)
      const { classIds, clusterIds, counts } = await client.mappings.contingency()
      expect(counts.map((row) => row.reduce((sum, count) => sum + count))).toEqual([tinyImageCount / 2, tinyImageCount / 2])
      for (const { clusterId, classId, agreeing, labelled } of proposals) {
        const ofCluster = counts.map((row) => row[clusterIds.indexOf(clusterId)]!)
        expect([ofCluster[classIds.indexOf(classId)], ofCluster.reduce((sum, count) => sum + count)]).toEqual([agreeing, labelled])
      }
      await client.mappings.apply({ mappings: proposals.map(({ clusterId, classId }) => ({ clusterId, classId })) })
      const stored = async () => [await client.labels.list(), await client.classes.list(), await client.edits.list({})]
      const before = await stored()
      const byFolder = await client.evaluate.run({ truth: place('images') })
      const byFile = await client.evaluate.run({ truth: place('labels.csv') })
      expect(byFile).toEqual({ ...byFolder, unmatched: 1 })
      expect(byFolder).toMatchObject({ imageCount: tinyImageCount, classes: ['apples', 'limes'] })
      expect(byFolder.confusion.flat().reduce((sum, count) => sum + count)).toBe(tinyImageCount)
      const agreeing = proposals.reduce((sum, proposal) => sum + proposal.agreeing, 0)
      expect(byFolder.accuracy).toBeCloseTo(agreeing / tinyImageCount, 10)
      expect(await stored()).toEqual(before)
      await expect(client.evaluate.run({ truth: place('nowhere') })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await writeFile(place('bad.csv'), 'a,b\n1,2\n')
      await expect(client.evaluate.run({ truth: place('bad.csv') })).rejects.toMatchObject({ code: 'BAD_INPUT' })
    })

    it('gives the clustering as columns of bytes', async () => {
      const { imageCount, columns } = await client.assignments.columns()
      const bytes = await Promise.all(columns.map(async ({ url }) => (await (await plain(url)).arrayBuffer()).byteLength))
      expect(bytes).toEqual(columns.map(({ type }) => imageCount * (type === 'uint8' ? 1 : 4)))
    })

    it('lays the images of a run out on a plane, and gives what is known of them as columns of bytes', async () => {
      expect(await client.layouts.get()).toMatchObject({ imageCount: tinyImageCount, state: { kind: 'absent' } })
      expect((await client.layouts.compute()).state.kind).toBe('computing')
      expect((await client.layouts.cancel()).state.kind).toBe('absent')
      const { runId } = await client.layouts.compute()
      await expect.poll(async () => (await client.layouts.get()).state.kind, { timeout: 30_000 }).toBe('ready')
      expect(existsSync(place('tiny.spicerack', 'embeddings', `${runId}.layout.f32`))).toBe(true)
      const { state } = await client.layouts.compute()
      const url = state.kind === 'ready' ? state.url : ''
      const positions = new Float32Array(await (await plain(url)).arrayBuffer())
      expect(positions.length).toBe(2 * tinyImageCount)
      expect(positions.every(Number.isFinite)).toBe(true)
      expect((await plain(`/layouts/${runId}/0000`)).status).toBe(404)

      const { imageCount, columns } = await client.layouts.columns()
      expect(imageCount).toBe(tinyImageCount)
      const known = Object.fromEntries(
        await Promise.all(
          columns.map(async ({ name, type, url }) => {
            const bytes = await (await plain(url)).arrayBuffer()
            return [name, [...new { int32: Int32Array, float32: Float32Array, uint8: Uint8Array }[type](bytes)]] as const
          }),
        ),
      )
      const { images } = await client.images.list({ limit: 1000 })
      const tiles = await client.images.tiles({ imageIds: images.map(({ id }) => id) })
      expect(known).toEqual({
        imageIds: tiles.map(({ id }) => id),
        clusterIds: tiles.map(({ clusterId }) => clusterId),
        classIds: tiles.map(({ classId }) => classId ?? -1),
        confidences: tiles.map(({ confidence }) => Math.fround(confidence!)),
        bands: tiles.map(({ band }) => ['reliable', 'doubtful', 'rejected'].indexOf(band!)),
        sources: tiles.map(({ labelSource }) => [null, 'human', 'imported', 'mapping'].indexOf(labelSource as never)),
      })
      expect(await client.layouts.columns()).toEqual({ runId, imageCount, columns })
      expect((await plain('/map-columns/0000')).status).toBe(404)
    })

    it('predicts files from outside, and says which it cannot read', async () => {
      const file = place('images', 'limes', 'limes-03.png')
      const { predictions } = await client.predict.run({ files: [place('none.png'), file, place('labels.csv')] })
      expect(predictions).toEqual([
        {
          file: place('none.png'),
          problem: 'There is no such file.',
          clusterId: null,
          clusterName: null,
          classId: null,
          className: null,
          confidence: null,
        },
        expect.objectContaining({
          file,
          problem: null,
          className: expect.stringMatching(/^(apples|limes)$/),
          confidence: expect.any(Number),
        }),
        expect.objectContaining({ problem: expect.stringMatching(/./), clusterId: null }),
      ])
      const [newest] = await client.runs.list()
      await expect(client.predict.run({ files: [file], runId: newest!.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(client.predict.run({ files: [file], backend: 'cpu' })).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
    })

    it('runs the quick recipe, which obeys what a person decided, and predicts by it', async () => {
      const overrides = { embed: { inputSidePx: 32 }, self: tinyRun.overrides.self, semi: { ...tinyRun.overrides.semi, steps: 20 } }
      const { run, job } = await client.runs.create({
        clusterCount: 2,
        clusterCountReason: 'Two kinds.',
        seed: 7,
        recipe: 'quick',
        overrides,
      })
      expect(run.choices).toEqual([{ kind: 'clusterCount', count: 2, reason: 'Two kinds.' }])
      expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
      const { stages, choices } = await client.runs.get({ runId: run.id })
      const kinds = choices.map(({ kind }) => kind)
      expect(kinds.filter((kind) => kind !== 'mirror' && kind !== 'precision')).toEqual([
        'clusterCount',
        'features',
        'head',
        'clusters',
        'reliable',
        'classifier',
      ])
      expect(stages.map(({ state, resultFile }) => [state, resultFile])).toEqual([
        ['completed', null],
        ['completed', `embeddings/${run.id}.f32`],
        ['completed', null],
        ['completed', `runs/${run.id}/neighbours.i32`],
        ['completed', `runs/${run.id}/semi.weights`],
      ])
      const scores = await client.evaluate.run({ truth: place('images') })
      expect(scores.accuracy).toBeGreaterThan(0.9)
      const files = ['limes/limes-03.png', 'limes/limes-04.png', 'apples/apples-05.png'].map((file) => place('images', file))
      const { predictions } = await client.predict.run({ files, runId: run.id })
      expect(predictions.map(({ problem }) => problem)).toEqual([null, null, null])
      expect(new Set(predictions.map(({ clusterId }) => clusterId)).size).toBe(2)
      expect(predictions[0]!.clusterId).toBe(predictions[1]!.clusterId)
      const asked = { clusterCount: 2, overrides: { pretrain: { source: 'onnx' } } }
      await expect(client.runs.create(asked)).rejects.toMatchObject({ code: 'BAD_INPUT' })
      const missing = { ...asked, overrides: { ...asked.overrides, embed: { onnxFile: place('no.onnx') } } }
      await expect(client.runs.create(missing)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('says how each cluster holds together, and splits what looks mixed in its groups', async () => {
      const [one, other] = await client.clusters.report({})
      const images = (await client.images.list({ limit: 1000 })).images.filter(({ rejected }) => !rejected)
      for (const report of [one!, other!]) {
        const own = images.filter(({ assignment }) => assignment?.clusterId === report.clusterId)
        const agreements = await Promise.all(own.map(({ id }) => client.images.headAgreement({ imageId: id })))
        const mean = agreements.reduce((sum, { agreement }) => sum + agreement!, 0) / own.length
        expect(report).toMatchObject({ imageCount: own.length, headAgreement: expect.closeTo(mean, 6) })
        expect(report.neighbourAgreement).toBeGreaterThan(0.9)
        // The mean of the smaller of two shares lies between their sum less one and the smaller mean.
        expect(report.purity!.kind).toBe('estimated')
        expect(report.purity!.ratio).toBeLessThanOrEqual(Math.min(mean, report.neighbourAgreement!) + 1e-6)
        expect(report.purity!.ratio).toBeGreaterThanOrEqual(mean + report.neighbourAgreement! - 1 - 1e-6)
        expect(report.typical.length).toBe(Math.min(6, own.length))
        for (const { imageId, thumbnailUrl } of [...report.typical, ...report.doubtful]) {
          const image = own.find(({ id }) => id === imageId)!
          expect(thumbnailUrl).toBe(`/thumbnails/${imageId}/${image.contentHash}`)
        }
      }
      await client.clusters.merge({ clusterIds: [one!.clusterId, other!.clusterId] })
      const sizes = [one!.imageCount, other!.imageCount].sort((a, b) => b - a)
      const [merged, ...rest] = await client.clusters.report({ count: 0 })
      expect(rest).toEqual([])
      expect(merged).toMatchObject({ neighbourAgreement: 1, typical: [], doubtful: [], advice: [{ kind: 'mixed', sizes }] })
      const isDismissed = async () => (await client.clusters.report({}))[0]!.advice.map((advice) => advice.isDismissed)
      await client.clusters.dismissAdvice({ clusterId: one!.clusterId, isDismissed: true })
      expect(await isDismissed()).toEqual([true])
      await client.clusters.dismissAdvice({ clusterId: one!.clusterId, isDismissed: false })
      expect(await isDismissed()).toEqual([false])
      await client.edits.undo()
      expect(await isDismissed()).toEqual([true])
      await client.edits.undo()
      expect(await isDismissed()).toEqual([false])
      const same = { clusterId: one!.clusterId, otherId: one!.clusterId, isDismissed: true }
      await expect(client.clusters.dismissAdvice(same)).rejects.toMatchObject({ code: 'BAD_INPUT' })
      const { newClusterId } = await client.clusters.split({ clusterId: one!.clusterId })
      expect((await client.clusters.report({})).map(({ imageCount }) => imageCount).sort((a, b) => b - a)).toEqual(sizes)
      const inNew = (await client.images.list({ limit: 1000, filter: { clusterId: newClusterId } })).images
      expect(new Set(inNew.map(({ path }) => path.split('/')[0])).size).toBe(1)
      for (const _ of ['split', 'merge']) await client.edits.undo()
      expect(await client.clusters.report({})).toEqual([one, other])
    })

    it('suggests numbers of clusters from the embedding', async () => {
      const suggestions = await client.clusters.suggest()
      expect(suggestions.length).toBeGreaterThan(0)
      for (const { clusterCount } of suggestions) {
        expect(clusterCount).toBeGreaterThanOrEqual(2)
        expect(clusterCount).toBeLessThanOrEqual(tinyImageCount / 2)
      }
    })

    it('audits a class by a random sample, and forgets it', async () => {
      const [apples, limes] = (await client.classes.list()).map(({ id }) => id)
      const auditOf = async () => (await client.audits.list()).find(({ classId }) => classId === apples)!
      const before = await auditOf()
      expect(before).toMatchObject({ looked: 0, right: 0, purity: null, lower: 0, upper: 1, waiting: 0, missing: 0, outdated: 0 })
      const drawn = await client.audits.next({ classId: apples!, count: 12 })
      expect((await client.audits.next({ classId: apples!, count: 5 })).map(({ id }) => id)).toEqual(drawn.slice(0, 5).map(({ id }) => id))
      const ids = drawn.map(({ id }) => id)
      const { audit } = await client.audits.answer({ classId: apples!, right: ids.slice(0, 8), wrong: [ids[8]!] })
      expect(audit).toMatchObject({ imageCount: before.imageCount, looked: 9, right: 8, purity: 8 / 9 })
      expect(audit.lower).toBeLessThan(8 / 9)
      const { clusterId } = (await client.mappings.list()).find(({ classId }) => classId === apples)!
      const inCluster = await Promise.all(
        ids.slice(0, 9).map(async (imageId) => (await client.images.get({ imageId })).assignment?.clusterId),
      )
      const { purity } = (await client.clusters.report({})).find((report) => report.clusterId === clusterId)!
      expect(purity).toMatchObject({ kind: 'audited', looked: inCluster.filter((id) => id === clusterId).length })
      const corrected = await client.audits.answer({ classId: apples!, wrong: [ids[9]!], correctClassId: limes! })
      expect(corrected.audit).toEqual(await auditOf())
      expect(corrected.audit).toMatchObject({ looked: 10, right: 8 })
      expect(await client.images.get({ imageId: ids[8]! })).toMatchObject({ rejected: true, classId: null })
      expect(await client.images.get({ imageId: ids[9]! })).toMatchObject({ labelSource: 'human', classId: limes })
      // Out of turn: it counts when those before it were looked at.
      expect((await client.audits.answer({ classId: apples!, right: [ids[11]!] })).audit).toMatchObject({
        looked: 10,
        waiting: 1,
        missing: 1,
      })
      expect((await client.audits.answer({ classId: apples!, right: [ids[10]!] })).audit).toMatchObject({
        looked: 12,
        waiting: 0,
        missing: 0,
      })
      const [stranger] = (await client.images.list({ filter: { classId: limes!, labelSource: 'imported' } })).images
      await expect(client.audits.answer({ classId: apples!, right: [stranger!.id] })).rejects.toMatchObject({ code: 'CONFLICT' })
      await expect(client.audits.answer({ classId: apples! })).rejects.toMatchObject({ code: 'BAD_INPUT' })
      await expect(client.audits.answer({ classId: apples!, wrong: [ids[0]!], correctClassId: apples! })).rejects.toMatchObject({
        code: 'BAD_INPUT',
      })
      await client.audits.forget({ classId: apples! })
      expect(await auditOf()).toMatchObject({ imageCount: before.imageCount - 12, looked: 0 })
      await expect(client.audits.forget({ classId: limes! })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      for (let count = 0; count < 5; count++) await client.edits.undo()
      expect(await auditOf()).toEqual(before)
    })

    it('says of every image whether it would be exported, else why not', async () => {
      const { images } = (await client.project.get())!
      const [first, second] = (await client.images.list({ filter: { status: 'ok' } })).images
      await client.assignments.reject({ imageIds: [first!.id, second!.id], rejected: true })
      for (const request of [{ clustersAsClasses: true }, { minConfidence: 0.9, onlyReliable: true }]) {
        const { count, excluded } = await client.exports.plan({ format: 'csv', out: place('counted'), ...request })
        expect(excluded).toMatchObject({ rejected: 2, unusable: images.total - images.ok })
        expect(Object.values(excluded).reduce((sum, part) => sum + part, count)).toBe(images.total)
      }
      await client.edits.undo()
      const { excluded } = await client.exports.plan({ format: 'csv', out: place('counted') })
      expect(excluded.rejected).toBe(0)
    })

    it('exports only what is proved to be pure, or leaves the rest out', async () => {
      const [apples, limes] = await client.classes.list()
      const request = { format: 'csv' as const, out: place('proved'), minPurity: 0.8 }
      const before = await client.exports.plan(request)
      expect(before.unproven.map(({ name }) => name)).toEqual(['apples', 'limes'])
      await expect(client.exports.start(request)).rejects.toMatchObject({
        code: 'PURITY_UNPROVEN',
        message: expect.stringMatching(/apples \(\d+ more looks needed, if all are right\), limes \(\d+ more looks/),
      })
      const needed = before.unproven[0]!.missingLooks!
      const drawn = await client.audits.next({ classId: apples!.id, count: needed })
      await client.audits.answer({ classId: apples!.id, right: drawn.slice(0, -1).map(({ id }) => id) })
      expect((await client.exports.plan(request)).unproven[0]).toMatchObject({ name: 'apples', missingLooks: 1 })
      await client.audits.answer({ classId: apples!.id, right: [drawn.at(-1)!.id] })
      const after = await client.exports.plan(request)
      expect(after.unproven.map(({ name }) => name)).toEqual(['limes'])
      expect(after.classes[0]!.purity).toMatchObject({ looked: needed, right: needed, purity: 1, imageCount: apples!.imageCount })
      expect(after.classes[0]!.purity!.lower).toBeGreaterThanOrEqual(0.8)
      const skipping = await client.exports.plan({ ...request, unproven: 'skip' })
      expect(skipping).toMatchObject({ count: apples!.imageCount, excluded: { unproven: limes!.imageCount } })
      const job = await client.exports.start({ ...request, unproven: 'skip' })
      expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
      const manifest = JSON.parse(await readFile(place('proved', 'manifest.json'), 'utf8'))
      expect(manifest).toMatchObject({
        options: { minPurity: 0.8, unproven: 'skip' },
        classes: [{ name: 'apples', purity: { looked: needed, right: needed } }],
        unproven: [{ name: 'limes', purity: { looked: 0, lower: 0 } }],
      })
      expect(await readFile(place('proved', 'README.md'), 'utf8')).toContain(
        `| apples | ${needed} | ${needed} | ${apples!.imageCount} | 100 % |`,
      )
      for (let count = 0; count < 2; count++) await client.edits.undo()
      expect(await client.exports.plan(request)).toEqual(before)
    })

    it('exports, and never over something', async () => {
      const request = { format: 'npy' as const, out: place('dataset') }
      const plan = await client.exports.plan(request)
      expect(plan.count).toBe(tinyImageCount)
      const job = await client.exports.start(request)
      expect((await untilAtRest(client, job.id)).state).toEqual({ kind: 'completed' })
      expect(existsSync(place('dataset', 'embeddings.npy'))).toBe(true)
      expect((await client.exports.list())[0]).toMatchObject({ state: 'completed', imageCount: tinyImageCount })
      await expect(client.exports.start(request)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
      const features = await client.exports.features({ folder: folder.path })
      expect(features).toMatchObject({
        imageCount: tinyImageCount,
        files: [expect.stringMatching(/feas_moco_\d+_l2\.npy/), expect.anything()],
      })
      const { imagePath } = await client.exports.contactSheet({ folder: folder.path })
      expect(existsSync(imagePath)).toBe(true)
    })

    it('says how much space the project takes', async () => {
      const { project, cache } = await client.storage.get()
      expect(project!.path).toBe(place('tiny.spicerack'))
      const { size } = await stat(place('tiny.spicerack', 'thumbnails.pack'))
      expect(project!.parts.find(({ name }) => name === 'thumbnails')).toEqual({ name: 'thumbnails', sizeBytes: size })
      expect(project!.sizeBytes).toBe(project!.parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
      expect(project!.parts.every(({ name, sizeBytes }) => sizeBytes > 0 || ['backups', 'other'].includes(name))).toBe(true)
      expect(cache.path).toMatch(/spicerack/i)
    })

    it('says which device computes', async () => {
      const { used, providers } = await client.device.report({ backend: 'wasm' })
      expect(used).toBe('wasm')
      expect(providers.length).toBe(5)
    })

    it('installs TensorFlow where it can, or says why not', async () => {
      const steps: string[] = []
      const install = async (): Promise<void> => {
        for await (const { step } of await client.device.install({})) steps.push(step)
      }
      const problem = await install().catch((error: SpicerackError) => error.code)
      if (problem === undefined) expect(steps.at(-1)).toBe('done')
      else expect(['BACKEND_UNAVAILABLE', 'NETWORK', 'DISK_FULL']).toContain(problem)
    })

    it('offers the same to scripts, with a description', async () => {
      const document = (await (await plain('/openapi.json')).json()) as { paths: Record<string, unknown> }
      expect(Object.keys(document.paths).sort()).toEqual(
        procedurePaths()
          .map((path) => `/${path.replace('.', '/')}`)
          .sort(),
      )
      const response = await call('/api/clusters/list', '{}')
      expect(await response.json()).toEqual(await client.clusters.list())
    })

    it('closes and opens again with everything as it was', async () => {
      const second = createEngine({ reportBug: (error) => bugs.push(error) })
      const elsewhere = createEngineClient((request) => second.handle(request))
      await expect(elsewhere.project.open({ path: place('tiny.spicerack') })).rejects.toMatchObject({ code: 'PROJECT_LOCKED' })
      await second.close()
      const before = [await client.clusters.list(), await client.mappings.list(), await client.edits.list({})]
      expect(await client.project.close()).toEqual({ closed: true })
      expect(await client.project.close()).toEqual({ closed: false })
      await client.project.open({ path: place('tiny.spicerack') })
      expect([await client.clusters.list(), await client.mappings.list(), await client.edits.list({})]).toEqual(before)
    })

    it('has every procedure tried above', () => {
      expect([...called].sort()).toEqual(procedurePaths().sort())
      expect(bugs).toHaveLength(1)
    })
  })
}

/** Every procedure as `noun.verb`. */
function procedurePaths(): string[] {
  return Object.entries(contract).flatMap(([noun, verbs]) => Object.keys(verbs).map((verb) => `${noun}.${verb}`))
}

/** The same client, noting which procedures are called. */
function noteCalls(client: EngineClient, called: Set<string>): EngineClient {
  const nouns = Object.keys(contract).map((noun) => {
    const verbs = client[noun as keyof EngineClient] as unknown as Record<string, (...given: unknown[]) => unknown>
    const noted = Object.keys(contract[noun as keyof typeof contract]).map((verb) => [
      verb,
      (...given: unknown[]) => {
        called.add(`${noun}.${verb}`)
        return verbs[verb]!(...given)
      },
    ])
    return [noun, Object.fromEntries(noted)]
  })
  return Object.fromEntries(nouns) as EngineClient
}
