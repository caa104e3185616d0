#!/usr/bin/env node
/** The command line, under Node 24 and with the environment that training wants. */
import { runInNode24 } from './node-24.mjs'

process.exitCode = await runInNode24('src-main/cli/main.ts', process.argv.slice(2))
