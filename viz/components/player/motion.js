// Attention's displacement as motion, beside what really moved (sct/analysis/ground_truth.py).

const LEAST = 0.5 // pixels; what moved less has no direction
const APART = 24 // pixels of the screen from one arrow to the next, at least
const OVERLAP = 0.8 // of an arrow's length: the room that it needs

// Content moved the other way than attention looks. Where nothing moved there is nothing to draw.
export function motionOf(attention, header, frame, choice) {
  const group = header.group[choice.heads[0]]
  if (!attention.has(frame) || header.kind_of[group][frame] === "none" || header.still[group][frame]) return null
  return attention.displacement(frame, choice).map((v) => -v)
}

// What really moved: {motion, known, kind, still} of one frame, views of the message.
export function referenceOf({ header, parts }, frame, choice) {
  const group = header.group[choice.heads[0]], size = header.grid * header.grid
  const from = (group * header.frames + frame) * size
  return {
    motion: parts.motion.subarray(2 * from, 2 * (from + size)),
    known: parts.known.subarray(from, from + size),
    kind: header.kind_of[group][frame],
    still: header.still[group][frame],
    checked: header.checked[group][frame],
  }
}

// What the other side shows: what is true, or an estimate, which is called one.
export const nameOf = ({ kind }) => (kind === "flow" ? "OpenCV’s estimate" : "the truth")

// Angles between two fields in degrees, over tokens that truly moved and could be found: their mean
// (null where there are none) and their number. An arrow without length is 90 degrees off.
export function angularError(said, { motion, known }) {
  let sum = 0, tokens = 0
  for (let i = 0; i < known.length; i++) {
    const a = said[2 * i], b = said[2 * i + 1], c = motion[2 * i], d = motion[2 * i + 1]
    if (!known[i] || Math.hypot(c, d) < LEAST) continue
    const length = Math.hypot(a, b) * Math.hypot(c, d)
    sum += length < 1e-9 ? 90 : (Math.acos(Math.max(-1, Math.min(1, (a * c + b * d) / length))) * 180) / Math.PI
    tokens += 1
  }
  return { degrees: tokens ? sum / tokens : null, tokens }
}

// The same over all frames of the clip that came with the message, and how long its arrows are: of
// those with a direction, on either side, one in ten is longer.
export function clipError(attention, message, choice) {
  let sum = 0, tokens = 0
  const lengths = []
  for (let frame = 0; frame < attention.frames; frame++) {
    const said = motionOf(attention, message.header, frame, choice)
    if (!said) continue
    const reference = referenceOf(message, frame, choice), one = angularError(said, reference)
    lengths.push(...lengthsOf(said), ...lengthsOf(reference.motion))
    if (one.tokens) sum += one.degrees * one.tokens
    tokens += one.tokens
  }
  return { degrees: tokens ? sum / tokens : null, tokens, length: usualLength(lengths) }
}

// How long arrows are: of those that have a direction one in ten is longer.
export function usualLength(lengths) {
  const moving = lengths.filter((v) => v >= LEAST).sort((a, b) => a - b)
  return moving[Math.floor(0.9 * moving.length)] ?? 0
}

// The lengths of a field [down, across, ...].
export const lengthsOf = (field) => Array.from({ length: field.length / 2 }, (_, i) => Math.hypot(field[2 * i], field[2 * i + 1]))

// Arrows keep apart: each square of so many patches a side has one (as in viz/raster/arrows.py).
// `cell` is the side of a patch and `length` that of an arrow, both on the screen.
export const squareSide = (grid, cell, length, apart = APART) =>
  Math.max(1, Math.min(Math.ceil(Math.max(apart, OVERLAP * length) / cell - 1e-6), Math.floor(grid / 4)))

// One arrow a square: the mean of those of its patches that move, at their middle, or no length where
// none does. Of patches of different `rank` only those of the highest count, and of 0 none.
export function thinned(field, grid, squares, rank) {
  const found = new Map()
  for (let token = 0; token < grid * grid; token++) {
    const down = field[2 * token], across = field[2 * token + 1], own = rank(token)
    if (!own) continue
    const row = Math.floor(token / grid), column = token % grid, moves = Math.hypot(down, across) >= LEAST
    const square = Math.floor(row / squares) * grid + Math.floor(column / squares), level = 2 * own + moves
    let sum = found.get(square)
    if (!sum || level > sum.level) found.set(square, sum = { level, rank: own, moves, count: 0, row: 0, column: 0, down: 0, across: 0 })
    if (level < sum.level) continue
    Object.entries({ count: 1, row, column, down, across }).forEach(([name, v]) => { sum[name] += v })
  }
  return Array.from(found.values(), ({ count, row, column, down, across, moves, rank }) => ({ rank, row: row / count,
    column: column / count, down: moves ? down / count : 0, across: moves ? across / count : 0 }))
}

const POINTS = ["right", "down and right", "down", "down and left", "left", "up and left", "up", "up and right"]

// "3.2 px down and left", for those who cannot see an arrow.
export function inWords(down, across) {
  const length = Math.hypot(down, across)
  if (length < 0.05) return "no motion"
  const eighth = Math.round((Math.atan2(down, across) / Math.PI) * 4)
  return `${length.toFixed(1)} px ${POINTS[(eighth + 8) % 8]}`
}
