// What can be said of a drawn path without a screen. Points are [x, y] in hundredths of the frame.

export const lengthOf = (path) => path.slice(1).reduce((sum, p, i) => sum + Math.hypot(p[0] - path[i][0], p[1] - path[i][1]), 0)

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
      const step = Math.hypot(path[at + 1][0] - path[at][0], path[at + 1][1] - path[at][1])
      if (gone + step >= wanted - 1e-9 || at + 2 >= path.length) {
        const share = step ? Math.min(1, (wanted - gone) / step) : 0
        out.push([0, 1].map((j) => rounded(path[at][j] + share * (path[at + 1][j] - path[at][j]))))
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
  const step = Math.hypot(next[0] - last[0], next[1] - last[1])
  if (room <= 1) return path
  if (step <= room - 1) return [...path, next]
  return [...path, [0, 1].map((i) => rounded(last[i] + ((next[i] - last[i]) * (room - 1)) / step))]
}

// Where the path is in each of `count` frames.
export function placesOf(path, count) {
  const total = lengthOf(path)
  return Array.from({ length: count }, (_, i) => {
    let left = (total * i) / (count - 1)
    for (let j = 0; j + 1 < path.length; j++) {
      const step = Math.hypot(path[j + 1][0] - path[j][0], path[j + 1][1] - path[j][1])
      if (left <= step && step) return [0, 1].map((k) => path[j][k] + (left / step) * (path[j + 1][k] - path[j][k]))
      left -= step
    }
    return path[path.length - 1]
  })
}
