// The window that a model is given: where it may lie, and how keys move it.

const LEAST = 0.01, MOST = 10 // seconds from frame to frame

export const seconds = (value) => `${value.toFixed(value < 10 ? 2 : 1)} s`

const rounded = (value) => Math.round(value * 100) / 100

// The nearest window that the video has; one longer than the video begins with it.
export function bounded({ start, stride }, { duration, frames }) {
  const longest = Math.max(LEAST, Math.min(MOST, Math.floor((duration / frames) * 100) / 100))
  const every = Math.max(LEAST, Math.min(longest, rounded(stride)))
  const last = Math.max(0, Math.floor((duration - frames * every + 1e-6) * 100) / 100)
  return { start: Math.max(0, Math.min(last, rounded(start))), stride: every }
}

// What an arrow key, Home or End makes of it; nothing for other keys.
export function keyed(event, { start, stride }, stretches, { duration }) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key] ?? 0
  if (stretches) return by ? { start, stride: stride + by * (event.shiftKey ? 0.1 : 0.01) } : null
  if (event.key === "Home" || event.key === "End") return { start: event.key === "Home" ? 0 : duration, stride }
  return by ? { start: start + by * (event.shiftKey ? 1 : stride), stride } : null
}
