// Attention's displacement as motion, beside what really moved (sct/analysis/ground_truth.py).

const LEAST = 0.5 // pixels; what moved less has no direction

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

// The same over all frames of the clip that came with the message.
export function clipError(attention, message, choice) {
  let sum = 0, tokens = 0
  for (let frame = 0; frame < attention.frames; frame++) {
    const said = motionOf(attention, message.header, frame, choice)
    if (!said) continue
    const one = angularError(said, referenceOf(message, frame, choice))
    if (one.tokens) sum += one.degrees * one.tokens
    tokens += one.tokens
  }
  return { degrees: tokens ? sum / tokens : null, tokens }
}

const POINTS = ["right", "down and right", "down", "down and left", "left", "up and left", "up", "up and right"]

// "3.2 px down and left", for those who cannot see an arrow.
export function inWords(down, across) {
  const length = Math.hypot(down, across)
  if (length < 0.05) return "no motion"
  const eighth = Math.round((Math.atan2(down, across) / Math.PI) * 4)
  return `${length.toFixed(1)} px ${POINTS[(eighth + 8) % 8]}`
}
