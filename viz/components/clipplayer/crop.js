// The part of a picture that the model sees, as sct/video/crop.py has it: its text form, the rectangle
// that it is, and how a hand or a key moves it. Lengths of the picture are shares of its width and height.

const LEAST_SIDE = 0.25

export const CENTRE = { x: 0.5, y: 0.5, side: 1, fit: false }

export function cropOf(text) {
  if (text === "fit") return { ...CENTRE, fit: true }
  const [x, y, side = 1] = text.split(",").map(Number)
  return Number.isFinite(x + y + side) ? { x, y, side, fit: false } : CENTRE // several views show the middle
}

const short = (value) => String(Math.round(value * 1000) / 1000)

export function textOf(crop) {
  if (crop.fit) return "fit"
  const { x, y, side } = crop
  const same = x === 0.5 && y === 0.5 && side === 1
  return same ? "centre" : [x, y, ...(side === 1 ? [] : [side])].map(short).join(",")
}

// {left, top, width, height} of a crop in a picture of that size.
export function boxOf({ x, y, side, fit }, width, height) {
  if (fit) return { left: 0, top: 0, width: 1, height: 1 }
  const length = Math.min(width, height) * side, w = length / width, h = length / height
  const inside = (at, share) => Math.max(0, Math.min(1 - share, at - share / 2))
  return { left: inside(x, w), top: inside(y, h), width: w, height: h }
}

// The crop with its middle inside what its side allows, so that a step back moves it at once.
export function held(crop, width, height) {
  const side = Math.max(LEAST_SIDE, Math.min(1, crop.side)), { left, top, width: w, height: h } = boxOf({ ...crop, side, fit: false }, width, height)
  const round = (value) => Math.round(value * 1000) / 1000
  return { x: round(left + w / 2), y: round(top + h / 2), side: round(side), fit: false }
}

const STEPS = { ArrowLeft: [-0.02, 0, 0], ArrowRight: [0.02, 0, 0], ArrowUp: [0, -0.02, 0], ArrowDown: [0, 0.02, 0],
  "+": [0, 0, 0.05], "=": [0, 0, 0.05], "-": [0, 0, -0.05] }

// What a key makes of a crop; nothing for other keys.
export function cropKeyed(event, crop) {
  const step = event.ctrlKey || event.metaKey || event.altKey ? null : STEPS[event.key]
  return step ? { x: crop.x + step[0], y: crop.y + step[1], side: crop.side + step[2], fit: false } : null
}
