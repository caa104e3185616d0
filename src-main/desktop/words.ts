/** What the desktop itself says; everything else comes from the page. */
const english = {
  file: 'File',
  edit: 'Edit',
  view: 'View',
  window: 'Window',
  help: 'Help',
  openRecent: 'Open recent project',
  noRecent: 'No recent projects',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  fullScreen: 'Full screen',
  developerTools: 'Developer tools',
  minimize: 'Minimize',
  close: 'Close',
  quit: 'Quit Spicerack',
  openLogs: 'Open logs',
  copyDiagnostics: 'Copy diagnostics',
  quitTitle: 'A training is running.',
  quitText: 'Paused, it goes on from its last checkpoint the next time. Cancelled, it ends here; finished stages are kept.',
  pauseAndQuit: 'Pause and quit',
  cancelAndQuit: 'Cancel training and quit',
  stay: 'Stay',
  importDone: 'The images have been read',
  importFailed: 'Reading the images failed',
  runDone: 'The run is done',
  runFailed: 'The run failed',
  exportDone: 'The dataset has been written',
  exportFailed: 'The export failed',
}

export type Words = Readonly<typeof english>

const chinese: Words = {
  file: '文件',
  edit: '编辑',
  view: '查看',
  window: '窗口',
  help: '帮助',
  openRecent: '打开最近的项目',
  noRecent: '没有最近的项目',
  cut: '剪切',
  copy: '复制',
  paste: '粘贴',
  fullScreen: '全屏',
  developerTools: '开发者工具',
  minimize: '最小化',
  close: '关闭',
  quit: '退出 Spicerack',
  openLogs: '打开日志',
  copyDiagnostics: '复制诊断信息',
  quitTitle: '训练正在进行。',
  quitText: '暂停后，下次会从最近的检查点继续。取消则到此结束，已完成的阶段会保留。',
  pauseAndQuit: '暂停并退出',
  cancelAndQuit: '取消训练并退出',
  stay: '留下',
  importDone: '图像读取完成',
  importFailed: '图像读取失败',
  runDone: '训练完成',
  runFailed: '训练失败',
  exportDone: '数据集已导出',
  exportFailed: '导出失败',
}

/** @param locale As `zh-CN`; anything else than Chinese gets English. */
export function wordsOf(locale: string): Words {
  return locale.toLowerCase().startsWith('zh') ? chinese : english
}
