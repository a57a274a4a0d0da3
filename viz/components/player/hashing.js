// LSH attention from what the message holds: buckets, sorted order, and which chunks of that order attend
// to which. Only the weights of one patch are computed here, from query-keys. A round of -1 means all
// rounds, merged as the model merges them: by the share that each has of the sum of exponentials.

export class Hashing {
  constructor({ header, parts }) {
    const { grid, heads, rounds, channels, frames, buckets, reach, bucketSize: size } = header
    const { qk, ids, order, rotation } = parts, [first, end] = header.block
    Object.assign(this, { grid, heads, rounds, channels, frames, buckets, reach, size, qk, ids, order, rotation, first, end })
    this.tokens = grid * grid
    this.chunks = reach.length
  }

  has(frame) {
    return frame >= this.first && frame < this.end
  }

  _row(values, frame, head, round) {
    const from = (((frame - this.first) * this.heads + head) * this.rounds + Math.max(round, 0)) * this.tokens
    return values.subarray(from, from + this.tokens)
  }

  // The bucket of every token.
  bucketsOf(frame, head, round) {
    return this._row(this.ids, frame, head, round)
  }

  // The tokens in sorted order.
  orderOf(frame, head, round) {
    return this._row(this.order, frame, head, round)
  }

  // How a token came to its partners: bucket, how many share it, place in the sorted row, its chunk of
  // that row, and the chunks it sees, its own last.
  path(frame, head, round, token) {
    const ids = this.bucketsOf(frame, head, round), place = this.orderOf(frame, head, round).indexOf(token)
    const chunk = Math.floor(place / this.size)
    const members = ids.reduce((count, id) => count + (id === ids[token]), 0)
    return { bucket: ids[token], members, place, chunk, sees: this.reach[chunk] }
  }

  // For each token 2 if it lies in the own chunk, 1 if in another that is seen, else 0.
  sight(frame, head, round, token) {
    const out = new Uint8Array(this.tokens)
    for (const r of this._rounds(round)) {
      const order = this.orderOf(frame, head, r), { chunk, sees } = this.path(frame, head, r, token)
      for (const seen of sees) {
        const value = seen === chunk ? 2 : 1
        for (const t of order.subarray(seen * this.size, (seen + 1) * this.size)) out[t] = Math.max(out[t], value)
      }
    }
    return out
  }

  _rounds(round) {
    return round < 0 ? Array.from({ length: this.rounds }, (_, r) => r) : [round]
  }

  // The query-key of a token, which is what is hashed: one number a channel.
  vector(frame, head, token) {
    const from = (((frame - this.first) * this.tokens + token) * this.heads + head) * this.channels
    return this.qk.subarray(from, from + this.channels)
  }

  _scores(frame, head, token) {
    const { channels, tokens } = this, x = this.vector(frame, head, token), scale = channels ** -0.5
    return Float32Array.from({ length: tokens }, (_, j) => {
      const k = this.vector(frame, head, j)
      let dot = 0, square = 0
      for (let c = 0; c < channels; c++) {
        dot += x[c] * k[c]
        square += k[c] * k[c]
      }
      return (dot / Math.max(Math.sqrt(square), 1e-12)) * scale
    })
  }

  // The weights that a token really gave: one for every token, 0 where it could not look.
  attended(frame, head, round, token) {
    const scores = this._scores(frame, head, token)
    const each = this._rounds(round).map((r) => {
      const seen = this.sight(frame, head, r, token)
      const most = scores.reduce((m, s, i) => (seen[i] ? Math.max(m, s) : m), -Infinity)
      const weights = scores.map((s, i) => (seen[i] ? Math.exp(s - most) : 0))
      const sum = weights.reduce((a, b) => a + b, 0)
      return { weights, sum, lse: most + Math.log(sum) }
    })
    const most = Math.max(...each.map((p) => p.lse))
    const total = each.reduce((t, p) => t + Math.exp(p.lse - most), 0)
    const out = new Float32Array(this.tokens)
    for (const { weights, sum, lse } of each) {
      const share = Math.exp(lse - most) / total / sum
      for (let i = 0; i < out.length; i++) out[i] += weights[i] * share
    }
    return out
  }

  // What was compared to find the bucket: [xR; -xR], one number for each bucket.
  projections(frame, head, round, token) {
    if (this.buckets < 2) return new Float32Array(0)
    const half = this.rotation.shape[3], { channels, rounds } = this, x = this.vector(frame, head, token)
    const out = new Float32Array(2 * half)
    for (let c = 0; c < channels; c++) {
      const row = ((head * channels + c) * rounds + Math.max(round, 0)) * half
      for (let i = 0; i < half; i++) out[i] += x[c] * this.rotation[row + i]
    }
    for (let i = 0; i < half; i++) out[half + i] = -out[i]
    return out
  }
}
