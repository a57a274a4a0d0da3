// The maths of shifted attention: maps and displacements from queries and keys. It is that of
// sct/model/trace.py and sct/model/readout.py. A token is its row-major number on the grid; a place is
// its row-major number inside its window. A choice of heads is {heads: [...], how: "mean" | "max"}.

export class Attention {
  constructor({ header, parts }) {
    const { grid, window, heads, channels, frames, patch, merge, keyFrames, block: [first, end] } = header
    Object.assign(this, { grid, window, heads, channels, frames, patch, keyFrames, first, end, q: parts.q, k: parts.k })
    this.joint = merge === "joint"
    this.places = window * window
    this.keyRow = new Map(header.keys.map((frame, row) => [frame, row]))
    this.chunks = (grid / window) ** 2
    this.moved = new Map() // displacements of whole frames, once computed
  }

  // Whether a frame's attention came with the message.
  has(frame) {
    return frame >= this.first && frame < this.end
  }

  // Where a token's window lies: its chunk, the window's first row and column, the token's place.
  at(token) {
    const { grid, window } = this, row = Math.floor(token / grid), col = token % grid
    const top = row - (row % window), left = col - (col % window)
    const chunk = (top / window) * (grid / window) + left / window
    return { chunk, top, left, place: (row - top) * window + (col - left) }
  }

  // The token at a place of a window.
  token({ top, left }, place) {
    return (top + Math.floor(place / this.window)) * this.grid + left + (place % this.window)
  }

  keyFrame(frame, choice) {
    return this.keyFrames[choice.heads[0]][frame]
  }

  _offset(row, chunk, head) {
    return ((row * this.chunks + chunk) * this.heads + head) * this.places * this.channels
  }

  // Scores of one query against all keys of its window in a frame, into `out` from `start` on.
  _scores(frame, key, chunk, head, place, out, start) {
    const { channels, places, q, k } = this, scale = channels ** -0.5
    const a = this._offset(frame - this.first, chunk, head) + place * channels
    let b = this._offset(this.keyRow.get(key), chunk, head)
    for (let j = 0; j < places; j++) {
      let sum = 0
      for (let c = 0; c < channels; c++) sum += q[a + c] * k[b++]
      out[start + j] = sum * scale
    }
  }

  // Both maps of one head and query, [previous..., current...]: 2 x places weights.
  row(frame, head, chunk, place, out = new Float32Array(2 * this.places)) {
    const n = this.places
    this._scores(frame, this.keyFrames[head][frame], chunk, head, place, out, 0)
    this._scores(frame, frame, chunk, head, place, out, n)
    for (const [from, to] of this.joint ? [[0, 2 * n]] : [[0, n], [n, 2 * n]]) softmax(out, from, to)
    return out
  }

  // Both maps of a choice of heads: {previous, current}, each `places` weights.
  maps(frame, choice, token) {
    const { chunk, place } = this.at(token)
    const both = this._merge(choice, (head) => this.row(frame, head, chunk, place))
    return { previous: both.subarray(0, this.places), current: both.subarray(this.places) }
  }

  // How much each query of the window looks at a token of the frame before: `places` weights.
  lookers(frame, choice, token) {
    const { chunk, place } = this.at(token), row = new Float32Array(2 * this.places)
    return this._merge(choice, (head) =>
      Float32Array.from({ length: this.places }, (_, i) => this.row(frame, head, chunk, i, row)[place]))
  }

  _merge({ heads, how }, of) {
    const out = of(heads[0])
    for (const head of heads.slice(1)) {
      const more = of(head)
      for (let i = 0; i < out.length; i++) out[i] = how === "max" ? Math.max(out[i], more[i]) : out[i] + more[i]
    }
    if (how !== "max" && heads.length > 1) for (let i = 0; i < out.length; i++) out[i] /= heads.length
    return out
  }

  // Of every token: the mean place of its previous map minus its own, [row, column] in pixels.
  displacement(frame, choice) {
    return this._once(`${frame}|${choice.heads}`, () => {
      const out = new Float32Array(this.grid * this.grid * 2)
      for (const head of choice.heads) {
        const one = this._once(`${frame}|one|${head}`, () => this._displacementOf(frame, head))
        for (let i = 0; i < out.length; i++) out[i] += one[i] / choice.heads.length
      }
      return out
    })
  }

  _once(name, make) {
    if (!this.moved.has(name)) this.moved.set(name, make())
    return this.moved.get(name)
  }

  // The mean of maps has the mean of their places: heads can be read one by one and averaged. The
  // current map is not asked for: in one softmax with it the previous one is fainter, but no other.
  _displacementOf(frame, head) {
    const { grid, window, places, patch } = this, key = this.keyFrames[head][frame]
    const out = new Float32Array(grid * grid * 2), row = new Float32Array(places)
    for (let token = 0; token < grid * grid; token++) {
      const { chunk, place } = this.at(token)
      this._scores(frame, key, chunk, head, place, row, 0)
      softmax(row, 0, places)
      let sum = 0, down = 0, across = 0
      for (let j = 0; j < places; j++) {
        sum += row[j]
        down += row[j] * Math.floor(j / window)
        across += row[j] * (j % window)
      }
      out[2 * token] = (down / sum - Math.floor(place / window)) * patch
      out[2 * token + 1] = (across / sum - (place % window)) * patch
    }
    return out
  }
}

function softmax(x, from, to) {
  let most = -Infinity, sum = 0
  for (let i = from; i < to; i++) most = Math.max(most, x[i])
  for (let i = from; i < to; i++) sum += x[i] = Math.exp(x[i] - most)
  for (let i = from; i < to; i++) x[i] /= sum
}

// The places of the `n` largest weights, largest first; none where all weights are alike.
export function strongest(weights, n = 5) {
  const low = weights.reduce((a, b) => Math.min(a, b), Infinity), high = weights.reduce((a, b) => Math.max(a, b), -Infinity)
  if (high - low < 1e-3 * high || weights.length < 2) return []
  return Array.from(weights, (w, i) => [w, i]).sort((a, b) => b[0] - a[0] || a[1] - b[1])
    .slice(0, n).filter(([w]) => w > 0).map(([, i]) => i)
}
