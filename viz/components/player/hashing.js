// The maths of LSH attention, that of LSHTrace in sct/model/trace.py. A round of -1 means all rounds, merged
// as the model merges them: by the share that each has of the sum of exponentials.

export class Hashing {
  constructor({ header, parts }) {
    Object.assign(this, {
      grid: header.grid, heads: header.heads, rounds: header.rounds, channels: header.channels,
      size: header.bucketSize, buckets: header.buckets, frames: header.frames,
      qk: parts.qk, ids: parts.ids, order: parts.order, rotation: parts.rotation,
    })
    this.tokens = this.grid * this.grid
    this.pieces = this.tokens / this.size
    this.first = header.block[0]
    this.end = header.block[1]
  }

  has(frame) {
    return frame >= this.first && frame < this.end
  }

  _row(values, frame, head, round) {
    const from = (((frame - this.first) * this.heads + head) * this.rounds + round) * this.tokens
    return values.subarray(from, from + this.tokens)
  }

  // The bucket of every token.
  bucketsOf(frame, head, round) {
    return this._row(this.ids, frame, head, Math.max(round, 0))
  }

  // The tokens in sorted order.
  orderOf(frame, head, round) {
    return this._row(this.order, frame, head, Math.max(round, 0))
  }

  // How a token came to its partners: bucket, how many share it, place in the sorted row, the piece
  // it was cut into, and the piece before that, which it sees too (its own where there is one only).
  path(frame, head, round, token) {
    const ids = this.bucketsOf(frame, head, round), order = this.orderOf(frame, head, round)
    const place = order.indexOf(token), piece = Math.floor(place / this.size)
    let members = 0
    for (const id of ids) if (id === ids[token]) members += 1
    const before = (piece + this.pieces - 1) % this.pieces
    return { bucket: ids[token], members, place, piece, before }
  }

  // For each token 2 if it lies in the own piece, 1 if in the piece before, else 0.
  sight(frame, head, round, token) {
    const out = new Uint8Array(this.tokens)
    for (const r of round < 0 ? this._all() : [round]) {
      const order = this.orderOf(frame, head, r), { piece, before } = this.path(frame, head, r, token)
      for (const [number, value] of [[before, 1], [piece, 2]]) {
        for (let i = number * this.size; i < (number + 1) * this.size; i++) {
          out[order[i]] = Math.max(out[order[i]], value)
        }
      }
    }
    return out
  }

  _all() {
    return Array.from({ length: this.rounds }, (_, r) => r)
  }

  _scores(frame, head, token) {
    const { channels, heads, qk, tokens } = this
    const step = heads * channels, base = (frame - this.first) * tokens * step + head * channels
    const out = new Float32Array(tokens), a = base + token * step, scale = channels ** -0.5
    for (let j = 0; j < tokens; j++) {
      let dot = 0, square = 0
      for (let c = 0, b = base + j * step; c < channels; c++, b++) {
        dot += qk[a + c] * qk[b]
        square += qk[b] * qk[b]
      }
      out[j] = (dot / Math.max(Math.sqrt(square), 1e-12)) * scale
    }
    return out
  }

  // The weights that a token really gave: one for every token, 0 where it could not look.
  attended(frame, head, round, token) {
    const scores = this._scores(frame, head, token)
    const rounds = round < 0 ? this._all() : [round]
    const parts = rounds.map((r) => {
      const seen = this.sight(frame, head, r, token)
      const most = scores.reduce((m, s, i) => (seen[i] ? Math.max(m, s) : m), -Infinity)
      const weights = scores.map((s, i) => (seen[i] ? Math.exp(s - most) : 0))
      const sum = weights.reduce((a, b) => a + b, 0)
      return { weights, sum, lse: most + Math.log(sum) }
    })
    const most = Math.max(...parts.map((p) => p.lse))
    const total = parts.reduce((t, p) => t + Math.exp(p.lse - most), 0)
    const out = new Float32Array(this.tokens)
    for (const { weights, sum, lse } of parts) {
      const share = Math.exp(lse - most) / total / sum
      for (let i = 0; i < out.length; i++) out[i] += weights[i] * share
    }
    return out
  }

  // The query-key of a token, which is what is hashed: one number a channel.
  vector(frame, head, token) {
    const from = (((frame - this.first) * this.tokens + token) * this.heads + head) * this.channels
    return Float32Array.from(this.qk.subarray(from, from + this.channels))
  }

  // What was compared to find the bucket: [xR; -xR], one number for each bucket.
  projections(frame, head, round, token) {
    const half = this.rotation.shape[3], { channels, rounds } = this
    if (this.buckets < 2) return new Float32Array(0)
    const a = ((frame - this.first) * this.tokens + token) * this.heads * channels + head * channels
    const out = new Float32Array(2 * half)
    for (let c = 0; c < channels; c++) {
      const b = ((head * channels + c) * rounds + Math.max(round, 0)) * half
      for (let i = 0; i < half; i++) out[i] += this.qk[a + c] * this.rotation[b + i]
    }
    for (let i = 0; i < half; i++) out[half + i] = -out[i]
    return out
  }
}
