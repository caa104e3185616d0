import { existsSync, readFileSync } from 'node:fs'

const list = '/proc/cpuinfo'

/** Whether the processor computes with bfloat16: yes where the system lists that, no where its list lacks it, and perhaps where there is none. */
export function mayHaveBfloat16(): boolean {
  return !existsSync(list) || /\b(avx512_bf16|amx_bf16|bf16)\b/.test(readFileSync(list, 'utf8'))
}
