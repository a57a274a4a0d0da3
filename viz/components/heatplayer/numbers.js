// A map's numbers: what a patch has, what part of the whole that is, and where in the order it comes.

export class Heat {
  constructor({ header, parts }, index) {
    Object.assign(this, header.maps[index], { values: parts[`values${index}`], totals: parts[`frames${index}`] })
    this.tokens = header.grid * header.grid
    this.frames = header.frames
    const colours = (row) => parts.colours.subarray(row * 768, (row + 1) * 768)
    this.plus = colours(this.signed ? 1 : 0)
    this.minus = colours(2)
  }

  // The patches of a frame that lie above zero and those below, as [token, size].
  sides(frame) {
    const plus = [], minus = [], from = frame * this.tokens
    for (let token = 0; token < this.tokens; token++) {
      const v = this.values[from + token]
      if (v > 0) plus.push([token, v])
      else if (v < 0) minus.push([token, -v])
    }
    return { plus, minus }
  }

  // {value, share of the clip's total, times an even share, rank from 1 among all patches}
  at(frame, token) {
    const value = this.values[frame * this.tokens + token], size = Math.abs(value)
    const share = this.total ? size / this.total : 0
    let rank = 1
    for (const v of this.values) rank += Math.abs(v) > size
    return { value, share, even: share * this.values.length, rank }
  }

  // The share of the clip's total that lies in a frame, whatever its sign.
  shareOf(frame) {
    let sum = 0
    for (let i = frame * this.tokens; i < (frame + 1) * this.tokens; i++) sum += Math.abs(this.values[i])
    return this.total ? sum / this.total : 0
  }

  // Whether a frame is one value, as methods give that take whole frames away.
  isEven(frame) {
    const all = this.values.subarray(frame * this.tokens, (frame + 1) * this.tokens)
    return this.tokens > 1 && all[0] !== 0 && all.every((v) => v === all[0])
  }

  // The patches of a frame with the largest values, whatever their sign; of a part with one value,
  // such as a chunk, its first patch stands for all.
  strongest(frame, n = 5) {
    const at = (token) => this.values[frame * this.tokens + token], seen = new Set()
    return Array.from({ length: this.tokens }, (_, token) => token)
      .sort((a, b) => Math.abs(at(b)) - Math.abs(at(a)) || a - b)
      .filter((token) => at(token) !== 0 && !seen.has(at(token)) && seen.add(at(token))).slice(0, n)
  }
}

// 3.3e-5 as people write it.
function power(size) {
  const [digits, exponent] = size.toExponential(1).split("e")
  const raised = [...exponent.replace("+", "")].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("")
  return `${digits} × 10${raised}`
}

// Three digits that tell something, the sign as a sign.
export function number(v, signed = false) {
  const size = Math.abs(v)
  const text = size === 0 ? "0" : size >= 1e-4 && size < 1e5 ? String(+size.toPrecision(size < 1 ? 2 : 3)) : power(size)
  return `${v < 0 ? "−" : signed && v > 0 ? "+" : ""}${text}`
}
