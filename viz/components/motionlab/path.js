// What can be said of a drawn path without a screen. Points are [x, y] in hundredths of the frame.

const distance = (a, b) => Math.hypot(b[0] - a[0], b[1] - a[1])
const between = (a, b, share) => [0, 1].map((i) => a[i] + share * (b[i] - a[i]))

export const lengthOf = (path) => path.slice(1).reduce((sum, p, i) => sum + distance(p, path[i]), 0)

const rounded = (v) => Math.round(v * 10) / 10

// `count` points at even distances along a path of any number of points, first and last kept.
export function resample(path, count) {
  const total = lengthOf(path)
  if (path.length <= count || total === 0) return path.slice(0, count).map((p) => p.map(rounded))
  const out = []
  let at = 0, gone = 0
  for (let i = 0; i < count; i++) {
    const wanted = (total * i) / (count - 1)
    for (;;) {
      const step = distance(path[at], path[at + 1])
      if (gone + step >= wanted - 1e-9 || at + 2 >= path.length) {
        const share = step ? Math.min(1, (wanted - gone) / step) : 0
        out.push(between(path[at], path[at + 1], share).map(rounded))
        break
      }
      gone += step
      at += 1
    }
  }
  return out
}

// The path with one more point, which is moved back to where the whole is `longest` long.
export function extended(path, point, { places: [low, high], longest }) {
  const bound = (v) => Math.max(low, Math.min(high, v))
  const next = point.map((v) => rounded(bound(v)))
  if (!path.length) return [next]
  const last = path[path.length - 1], room = longest - lengthOf(path)
  const step = distance(last, next)
  if (room <= 1) return path
  return [...path, step <= room - 1 ? next : between(last, next, (room - 1) / step).map(rounded)]
}

// Where the path is in each of `count` frames.
export function placesOf(path, count) {
  const total = lengthOf(path)
  return Array.from({ length: count }, (_, i) => {
    let left = (total * i) / (count - 1)
    for (let j = 0; j + 1 < path.length; j++) {
      const step = distance(path[j], path[j + 1])
      if (left <= step && step) return between(path[j], path[j + 1], left / step)
      left -= step
    }
    return path[path.length - 1]
  })
}
