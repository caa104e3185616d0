#!/usr/bin/env node
/** The command line, under Node 24 and with the environment that training wants. */
import { fileURLToPath } from 'node:url'
import { runInNode24 } from './node-24.mjs'

process.exitCode = await runInNode24(fileURLToPath(new URL('../src-main/cli/main.ts', import.meta.url)), process.argv.slice(2))
