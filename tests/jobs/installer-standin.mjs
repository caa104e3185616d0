/** Stands in for the installer: tells three steps, then ends as INSTALLER_ENDS says. */
const write = (event) => process.stdout.write(`${JSON.stringify(event)}\n`)
write({ event: 'progress', step: 'download', note: `build ${process.env.SPICERACK_TENSORFLOW}`, ratio: 0.5 })
if (process.env.INSTALLER_ENDS === 'never') setInterval(() => undefined, 1000)
else if (process.env.INSTALLER_ENDS === 'silent') process.exitCode = 3
else if (process.env.INSTALLER_ENDS === 'failed') write({ event: 'failed', code: 'NETWORK', message: 'No network.', advice: 'Connect.' })
else write({ event: 'done', version: '2.21.0' })
