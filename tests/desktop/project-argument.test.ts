import { expect, it } from 'vitest'
import { findProjectArgument } from '#main/desktop/project-argument.ts'

it.each([
  [['/app', '--flag', 'plants.spicerack'], '/home/me', '/home/me/plants.spicerack'],
  [['/data/植物.spicerack/'], '/', '/data/植物.spicerack'],
  [['/data/plants.spicerack/project.db'], '/', '/data/plants.spicerack'],
  [['--project=plants.spicerack', '/app'], '/', undefined],
  [[], '/', undefined],
] as const)('among %j in %s the project is %s', (args, folder, path) => {
  expect(findProjectArgument(args, folder)).toBe(path)
})
