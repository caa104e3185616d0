import { looksToReach } from '#shared/purity.ts'
import type { Session } from '../session.ts'

/** One line a class: how pure it is, as far as a person has looked, and the looks that are missing for `minPurity` (0-1). */
export async function showAudits({ client, output }: Session, minPurity: number): Promise<void> {
  const names = new Map((await client.classes.list()).map(({ id, name }) => [id, name]))
  const audits = (await client.audits.list()).map((audit) => ({
    className: names.get(audit.classId) ?? '',
    ...audit,
    missingLooks: looksToReach(audit, minPurity),
  }))
  const width = Math.max(5, ...audits.map(({ className }) => className.length))
  const lines = audits.map(({ className, imageCount, looked, purity, lower, upper, missingLooks }) => {
    const share = purity === null ? '      -' : `${toPercent(purity)} (${toPercent(lower)} to ${toPercent(upper)})`
    const missing = missingLooks === null ? 'too many were wrong' : missingLooks === 0 ? 'proved' : `${missingLooks} more looks`
    return `${className.padEnd(width)}  ${String(looked).padStart(6)} of ${String(imageCount).padEnd(7)}  ${share.padEnd(28)}  ${missing}`
  })
  const head = `${'Class'.padEnd(width)}  ${'looked at'.padStart(9)}         ${'purity (95 %)'.padEnd(28)}  for ${toPercent(minPurity)}`
  output.result('audits', { minPurity, audits }, [head, ...lines].join('\n'))
}

function toPercent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
