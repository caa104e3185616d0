/** A layout process that native code takes down as soon as it has work. */
process.on('message', () => {
  process.stderr.write('Segmentation fault in a kernel\n', () => process.kill(process.pid, 'SIGSEGV'))
})
