/**
 * Pictures of every screen, in both languages and both themes: `npm run screenshots -- PROJECT FOLDER`. The project is opened, so close it
 * elsewhere; nothing in it is changed, but its map is laid out. A Chromium must be installed.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNode24 } from './node-24.mjs'

const [project, folder] = process.argv.slice(2)
if (!project || !folder) {
  console.error('Name a project and a folder: npm run screenshots -- demo-output/fashion-mnist-1000.spicerack screenshots')
  process.exit(2)
}
if (!process.versions.node.startsWith('24.')) process.exit(await runInNode24('scripts/screenshots.mjs', [project, folder]))

const { chromium } = await import('playwright-core')
const { createEngine } = await import('../src-main/engine/engine.ts')
const { startHttpShell } = await import('../src-main/server/http-shell.ts')
const { createEngineClient } = await import('../src-shared/contract/client.ts')
const { findChromium } = await import('../tests/renderer/browser.ts')

const screens = [
  '/',
  '/import',
  '/run',
  '/clusters',
  '/images',
  '/map',
  '/align',
  '/review',
  '/review?mode=blocks',
  '/review?mode=audit',
  '/diff',
  '/export',
  '/settings',
  '/compute',
]
const settleMs = 1200

mkdirSync(folder, { recursive: true })
const engine = createEngine({ reportBug: console.error })
const shell = await startHttpShell({
  handle: engine.handle,
  port: 0,
  staticFolder: fileURLToPath(new URL('../dist/renderer', import.meta.url)),
})
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] })
const client = createEngineClient((request) => engine.handle(request))
await client.project.open({ path: resolve(project) })
await client.layouts.compute()
while ((await client.layouts.get()).state.kind === 'computing') await new Promise((done) => setTimeout(done, 200))
for (const locale of ['en', 'zh-CN']) {
  for (const theme of ['light', 'dark']) {
    const page = await browser.newPage({ viewport: { width: 1360, height: 860 }, colorScheme: theme, locale })
    page.on('pageerror', (error) => console.error(error.message))
    await page.goto(shell.createLink())
    await page.getByRole('heading', { level: 1 }).waitFor()
    for (const screen of screens) {
      await page.evaluate(`location.hash = '#${screen}'`)
      await page.waitForTimeout(settleMs)
      // Nobody uses a keyboard here: what has the keys is not framed.
      await page.evaluate('document.activeElement?.blur()')
      const name = screen === '/' ? 'start' : screen.slice(1).replace(/\W+/g, '-')
      await page.screenshot({ path: join(folder, `${name}-${theme}-${locale}.png`) })
    }
    await page.close()
  }
}
await browser.close()
await shell.close()
await engine.close()
console.log(`${screens.length * 4} pictures are in ${folder}.`)
