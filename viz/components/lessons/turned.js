// Lesson 3's hash, turned by hand. What can be is handed over by Python: the projections xR, and which
// chunk of the sorted row reaches which. Computed here is what follows the hand and what is too large to
// be sent: the turned projections with their buckets and order, any of 360 angles times the number of
// directions, and exact attention, one weight for each pair of tokens.

// One frame and one head. `turn` in degrees turns each pair of directions within its plane, which makes
// another draw as random as the first; of all directions only the first `lines` are used.
export class Turned {
  constructor({ header, parts }, head) {
    const { grid, heads, channels, directions, bucketSize: size, reach } = header, n = grid * grid
    Object.assign(this, { n, directions, size, reach, chunks: reach.length })
    this.x = Array.from({ length: n }, (_, i) => parts.qk.subarray((i * heads + head) * channels, (i * heads + head + 1) * channels))
    this.length = this.x.map((v) => Math.max(Math.sqrt(v.reduce((a, c) => a + c * c, 0)), 1e-12))
    this.projected = Array.from({ length: n }, (_, i) => parts.projected.subarray((head * n + i) * directions, (head * n + i + 1) * directions))
    this.scale = channels ** -0.5
    this.rows = new Map() // exact attention, once computed
  }

  // xR of a token, turned.
  point(i, turn) {
    const a = (turn * Math.PI) / 180, cos = Math.cos(a), sin = Math.sin(a), x = this.projected[i]
    const out = Float64Array.from(x)
    for (let m = 0; m + 1 < this.directions; m += 2) {
      out[m] = x[m] * cos - x[m + 1] * sin
      out[m + 1] = x[m] * sin + x[m + 1] * cos
    }
    return out
  }

  // {points, ids, order, place, chunk}: buckets are argmax [xR; -xR], the order is stable.
  hash(turn, lines) {
    const points = Array.from({ length: this.n }, (_, i) => this.point(i, turn))
    const ids = points.map((x) => {
      let best = 0, most = -Infinity
      for (let m = 0; m < 2 * lines; m++) {
        const v = m < lines ? x[m] : -x[m - lines]
        if (v > most) [best, most] = [m, v]
      }
      return best
    })
    const order = Array.from(ids.keys()).sort((a, b) => ids[a] - ids[b] || a - b)
    const place = new Int32Array(this.n)
    order.forEach((token, i) => { place[token] = i })
    return { points, ids, order, place, chunk: Array.from(place, (p) => Math.floor(p / this.size)) }
  }

  // Whether a token may look at another.
  reaches({ chunk }, from, to) {
    return this.reach[chunk[from]].includes(chunk[to])
  }

  scores(i) {
    return Float64Array.from(this.x, (k, j) => {
      let dot = 0
      for (let c = 0; c < k.length; c++) dot += this.x[i][c] * k[c]
      return (dot / this.length[j]) * this.scale
    })
  }

  // Exact attention of a token: one weight for each other.
  exact(i) {
    if (!this.rows.has(i)) this.rows.set(i, softmaxOf(this.scores(i), () => true))
    return this.rows.get(i)
  }

  attended(hashed, i) {
    return softmaxOf(this.scores(i), (j) => this.reaches(hashed, i, j))
  }

  // Share of exact attention that falls on what may be seen; over every so-many-th token of large frames.
  recall(hashed) {
    const step = Math.max(1, Math.floor(this.n / 784))
    let sum = 0, count = 0
    for (let i = 0; i < this.n; i += step, count++) {
      const exact = this.exact(i)
      for (let j = 0; j < this.n; j++) if (this.reaches(hashed, i, j)) sum += exact[j]
    }
    return sum / count
  }
}

function softmaxOf(scores, allowed) {
  let most = -Infinity, sum = 0
  scores.forEach((s, j) => { if (allowed(j)) most = Math.max(most, s) })
  const out = Float32Array.from(scores, (s, j) => (allowed(j) ? Math.exp(s - most) : 0))
  for (const w of out) sum += w
  return out.map((w) => w / sum)
}
