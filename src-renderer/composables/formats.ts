import { useI18n } from 'vue-i18n'

const numberFormats = new Map<string, Intl.NumberFormat>()

/** Made once: a grid writes hundreds of numbers at a time. */
function numberFormat(locale: string, digits: number): Intl.NumberFormat {
  const key = `${locale} ${digits}`
  let format = numberFormats.get(key)
  if (!format) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })
    numberFormats.set(key, format)
  }
  return format
}

/** Numbers, sizes, times and spans, as people write them in the language of the page. */
export function useFormats() {
  const { locale, t } = useI18n()
  const number = (value: number, digits = 0): string => numberFormat(locale.value, digits).format(value)
  /** A share of 0-1, as 98.1 %; the space does not break. */
  const percent = (share: number, digits = 1): string =>
    `${new Intl.NumberFormat(locale.value, { maximumFractionDigits: digits }).format(share * 100)}\u00a0%`
  const significant = (value: number): string => new Intl.NumberFormat(locale.value, { maximumSignificantDigits: 2 }).format(value)
  const gigabytes = (bytes: number): string => `${number(bytes / 2 ** 30, 1)} GB`
  /** In the unit that keeps it short: 812 B, 3.4 MB. */
  const bytes = (size: number): string => {
    const unit = Math.min(4, Math.floor(Math.log2(Math.max(1, size)) / 10))
    const scaled = size / 1024 ** unit
    return `${number(scaled, unit === 0 || scaled >= 100 ? 0 : 1)} ${['B', 'KB', 'MB', 'GB', 'TB'][unit]}`
  }
  const dateTime = (timestampMs: number): string =>
    new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }).format(timestampMs)
  const span = (seconds: number): string => {
    if (seconds < 1) return t('span.seconds', { count: '< 1' })
    if (seconds < 90) return t('span.seconds', { count: number(Math.round(seconds)) })
    const minutes = Math.round(seconds / 60)
    if (minutes < 90) return t('span.minutes', { count: number(minutes) })
    return t('span.hours', { hours: number(Math.floor(minutes / 60)), minutes: number(minutes % 60) })
  }
  return { number, percent, significant, gigabytes, bytes, dateTime, span }
}
