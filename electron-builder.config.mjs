/** How the app is packed for each system. What lies in dist/stage comes from scripts/stage-engine.mjs. */
export default {
  appId: 'app.spicerack.desktop',
  productName: 'Spicerack',
  copyright: 'Apache-2.0',
  directories: { output: 'dist/packages', buildResources: 'resources/icons' },
  files: ['dist/main/**', 'dist/preload/**', 'dist/renderer/**', 'resources/icons/icon.png', 'package.json', '!node_modules/**'],
  asar: true,
  npmRebuild: false,
  // The engine is a process of its own under its own Node, so it lies beside the archive. Its packages need an entry of their own:
  // folders called node_modules are passed over otherwise.
  extraResources: [
    { from: 'dist/stage/engine', to: 'engine', filter: ['**/*', '!node_modules/**'] },
    { from: 'dist/stage/engine/node_modules', to: 'engine/node_modules', filter: ['**/*'] },
    { from: 'dist/stage/node', to: 'node' },
    { from: 'LICENSE', to: 'LICENSE' },
  ],
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  },
  fileAssociations: [{ ext: 'spicerack', name: 'Spicerack project', role: 'Editor', isPackage: true }],
  win: { target: 'nsis', icon: 'resources/icons/icon.ico' },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  mac: { target: 'dmg', icon: 'resources/icons/icon.icns', category: 'public.app-category.graphics-design' },
  linux: {
    target: ['AppImage', 'deb'],
    icon: 'resources/icons',
    category: 'Graphics',
    executableName: 'spicerack',
    maintainer: 'The Spicerack authors <authors@spicerack.invalid>',
    synopsis: 'Turns a folder of unlabelled images into a labelled dataset',
  },
}
