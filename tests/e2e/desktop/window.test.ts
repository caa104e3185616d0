import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DesktopApp, type DesktopFixture, openDesktop } from './desktop-fixture.ts'
import { hasElectron } from './electron-binary.ts'

const isAlive = (processId: number): boolean => {
  try {
    process.kill(processId, 0)
    return true
  } catch {
    return false
  }
}

describe.runIf(hasElectron())('the desktop window', () => {
  let desktop: DesktopFixture
  let running: DesktopApp
  let projectPath: string

  beforeAll(async () => {
    desktop = await openDesktop()
    projectPath = join(desktop.folder, '果 plants.spicerack')
    // What earlier starts have left.
    mkdirSync(dirname(desktop.logPath), { recursive: true })
    writeFileSync(desktop.logPath, 'of an earlier start\n'.repeat(60_000))
    running = await desktop.start()
  })
  afterAll(() => desktop?.close())

  it('shows the page from the engine, and the page complains of nothing', async () => {
    const { page, complaints } = running
    expect(page.url()).toMatch(/^spicerack:\/\/app\//)
    await page.getByRole('link', { name: 'Settings' }).click()
    await expect.poll(() => page.getByTestId('version').textContent()).toMatch(/^\d+\.\d+\.\d+$/)
    expect(complaints).toEqual([])
  })

  it('gives the page nothing but the host', async () => {
    const { page, app } = running
    const seen = await page.evaluate(
      '({ host: Object.keys(window.spicerack).sort(), require: typeof require, process: typeof process, module: typeof module })',
    )
    expect(seen).toEqual({
      host: [
        'chooseFile',
        'chooseFolder',
        'copyDiagnostics',
        'onCommand',
        'onOpenProject',
        'openLogs',
        'pathOfDroppedFile',
        'platform',
        'revealInFolder',
        'saveFolder',
        'setAppearance',
        'setMenuState',
      ],
      require: 'undefined',
      process: 'undefined',
      module: 'undefined',
    })
    const preferences = await app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]!.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }
      const { sandbox, contextIsolation, nodeIntegration, webSecurity } = contents.getLastWebPreferences()
      return { sandbox, contextIsolation, nodeIntegration, webSecurity }
    })
    expect(preferences).toEqual({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true })
  })

  it('shows the commands of the page in the native menu, in its language, and does what is chosen there', async () => {
    const { page, app, complaints } = running
    const item = (id: string) =>
      app.evaluate(({ Menu }, name) => {
        const found = Menu.getApplicationMenu()?.getMenuItemById(name)
        return found && { label: found.label, enabled: found.enabled }
      }, id)
    const choose = (id: string) => app.evaluate(({ Menu }, name) => Menu.getApplicationMenu()!.getMenuItemById(name)!.click(), id)
    await expect.poll(() => item('goStart')).toEqual({ label: 'Go to Start', enabled: true })
    await expect.poll(() => item('goClusters')).toEqual({ label: 'Go to Clusters', enabled: false })
    await choose('goStart')
    await page.getByRole('heading', { level: 1, name: 'Start' }).waitFor()
    await choose('goSettings')
    await page.getByText('简体中文', { exact: true }).click()
    await expect.poll(() => item('openLogs')).toEqual({ label: '打开日志', enabled: true })
    await expect.poll(() => item('goStart')).toEqual({ label: expect.stringMatching(/开始/), enabled: true })
    await page.getByText('English', { exact: true }).click()
    await expect.poll(() => item('openLogs')).toEqual({ label: 'Open logs', enabled: true })
    expect(complaints).toEqual([])
  })

  it('takes the theme of the page for its own', async () => {
    const { page, app } = running
    const source = () => app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)
    await page.getByText('Dark', { exact: true }).click()
    await expect.poll(source).toBe('dark')
    await page.getByText('System', { exact: true }).click()
    await expect.poll(source).toBe('system')
  })

  it('copies what a report of a problem needs', async () => {
    const { app } = running
    await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('copyDiagnostics')!.click())
    const text = await app.evaluate(({ clipboard }) => clipboard.readText())
    expect(text).toMatch(/Engine: \d+\.\d+\.\d+, Node 24\..*engine: process \d+ started/s)
  })

  it('goes on with a log of limited size, and shows where it is', async () => {
    expect(readFileSync(`${desktop.logPath}.1`, 'utf8')).toContain('of an earlier start')
    expect(statSync(desktop.logPath).size).toBeLessThan(100_000)
    const { app } = running
    const opened = await app.evaluate(({ Menu, shell }) => {
      const paths: string[] = []
      shell.openPath = (path) => {
        paths.push(path)
        return Promise.resolve('')
      }
      Menu.getApplicationMenu()!.getMenuItemById('openLogs')!.click()
      return paths
    })
    expect(opened).toEqual([dirname(desktop.logPath)])
  })

  it('refuses requests of the page that are not as agreed', async () => {
    const { page } = running
    const wrong = await page.evaluate("window.spicerack.setAppearance({ appearance: 'pink' }).then(() => 'done', (error) => String(error))")
    expect(wrong).toContain('Error invoking remote method')
  })

  it('creates a project and keeps it open', async () => {
    const { page, complaints } = running
    expect(await running.call('project/create', { path: projectPath })).toMatchObject({ name: '果 plants' })
    expect(existsSync(join(projectPath, 'project.db'))).toBe(true)
    await page.getByRole('link', { name: 'Start' }).click()
    await page.getByRole('button', { name: 'Close project' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('says so when the engine dies, starts another one, and has the project again', async () => {
    const { page, enginePid } = running
    const first = enginePid()
    process.kill(first, 'SIGSTOP')
    process.kill(first, 'SIGKILL')
    await expect.poll(enginePid, { timeout: 30_000 }).not.toBe(first)
    await expect.poll(() => page.getByText('Engine is ready').count(), { timeout: 30_000 }).toBe(1)
    await page.getByRole('button', { name: 'Close project' }).waitFor()
    running.complaints.length = 0
  })

  it('brings the first window up when it is started again, and opens what that start named', async () => {
    const isVisible = () => running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isVisible())
    // The one that is open now is made last.
    const openPath = async () => ((await running.call('project/get')) as { path: string }).path
    await running.call('project/close')
    await running.call('project/create', { path: join(desktop.folder, 'other.spicerack') })
    expect(await openPath()).not.toBe(projectPath)
    await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.hide())
    expect(await isVisible()).toBe(false)
    const { executable, args, env } = desktop.command
    const second = spawn(executable, [...args, projectPath], { env, stdio: 'ignore' })
    const code = await new Promise((resolve) => second.once('exit', resolve))
    expect(code).toBe(0)
    expect(running.app.windows()).toHaveLength(1)
    await expect.poll(isVisible).toBe(true)
    await expect.poll(openPath).toBe(projectPath)
    await running.page.getByText('果 plants').first().waitFor()
  })

  it('remembers projects on its first page and in its menu, and makes the sample project', async () => {
    const { page, app } = running
    const inMenu = () =>
      app.evaluate(({ Menu }) => {
        const items = Menu.getApplicationMenu()!.items.flatMap(({ submenu }) => submenu?.items ?? [])
        return items.find(({ label }) => label === 'Open recent project')?.submenu?.items.map(({ label }) => label) ?? []
      })
    const other = join(desktop.folder, 'other.spicerack')
    await expect.poll(inMenu).toEqual([projectPath, other])
    await running.call('project/close')
    await page.getByRole('link', { name: 'Start' }).click()
    await page.getByText(other).first().waitFor()
    await page.getByRole('button', { name: 'Try the sample images' }).click()
    await expect.poll(async () => ((await running.call('project/get')) as { name?: string }).name).toBe('Photo sample')
    await expect.poll(async () => (await inMenu())[0]).toMatch(/Photo sample\.spicerack$/)
    await running.call('project/close')
  })

  it('goes nowhere else: no other address, no other window, no permission', async () => {
    const { page, app } = running
    const before = page.url()
    await page.evaluate("location.href = 'https://example.com/'")
    expect(await page.evaluate("window.open('https://example.com/') === null")).toBe(true)
    expect(await page.evaluate("navigator.permissions.query({ name: 'notifications' }).then(({ state }) => state)")).toBe('denied')
    expect(await page.evaluate("fetch('https://example.com/').then(() => 'reached', () => 'refused')")).toBe('refused')
    expect(page.url()).toBe(before)
    expect(app.windows()).toHaveLength(1)
    expect(running.complaints.some((line) => line.includes('Content Security Policy'))).toBe(true)
    running.complaints.length = 0
  })

  it('ends the engine when it quits', async () => {
    const engine = running.enginePid()
    expect(isAlive(engine)).toBe(true)
    const ended = new Promise((resolve) => running.app.process().once('exit', resolve))
    await running.app.evaluate(({ app }) => app.quit())
    await ended
    expect(isAlive(engine)).toBe(false)
  })
})
