/**
 * Read by native code when a process starts, so it has to be there before: TensorFlow's log level, and an allocator that keeps
 * freed memory (first touches of new pages can cost more than a small training step).
 */
export const trainingEnvironment = {
  TF_CPP_MIN_LOG_LEVEL: '2',
  MALLOC_MMAP_THRESHOLD_: '8589934592',
  MALLOC_TRIM_THRESHOLD_: '17179869184',
}
