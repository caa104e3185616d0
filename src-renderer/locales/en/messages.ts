import { messages as said } from '#shared/messages.ts'
import type { MessageKey } from '#shared/said.ts'
import align from './align.json'
import audit from './audit.json'
import clusters from './clusters.json'
import commands from './commands.json'
import compute from './compute.json'
import desktop from './desktop.json'
import diff from './diff.json'
import exporting from './export.json'
import frame from './frame.json'
import map from './map.json'
import review from './review.json'
import run from './run.json'
import settings from './settings.json'
import start from './start.json'

/** The messages of this language, one file a topic. */
export const messages = {
  ...align,
  ...audit,
  ...clusters,
  ...commands,
  ...compute,
  ...desktop,
  ...diff,
  ...exporting,
  ...frame,
  ...map,
  ...review,
  ...run,
  ...settings,
  ...start,
  said: said as Readonly<Record<MessageKey, string>>,
}
