// The binary message of message.py, taken apart: {header, parts}. Arrays become typed arrays with a
// `shape`; float16 becomes float32.

export function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < 8 || view.getUint32(0) !== 0x53435450) throw new Error("this is no message of the player")
  const end = 8 + view.getUint32(4, true)
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, end)))
  const start = Math.ceil(end / 8) * 8
  const parts = {}
  for (const [name, facts] of Object.entries(header.parts)) {
    const from = start + facts.at
    if (from + facts.bytes > bytes.byteLength) throw new Error("the message was cut short")
    // A copy: the message need not lie at an address that typed arrays accept.
    const body = bytes.slice(from, from + facts.bytes)
    parts[name] = facts.kind === "bytes" ? body : array(body, facts)
  }
  return { header, parts }
}

const KINDS = { float32: Float32Array, uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array }

function array(body, { kind, shape }) {
  const found = kind === "float16" ? halves(new Uint16Array(body.buffer)) : new KINDS[kind](body.buffer)
  found.shape = shape
  return found
}

let table = null

// Browsers have Float16Array only since 2025: a table of all 65536 values does as well.
function halves(bits) {
  if (!table) {
    table = new Float32Array(65536)
    for (let i = 0; i < 65536; i++) {
      const exponent = (i >> 10) & 31, fraction = i & 1023
      const size = exponent === 0 ? fraction * 2 ** -24
        : exponent === 31 ? (fraction ? NaN : Infinity)
        : (1 + fraction / 1024) * 2 ** (exponent - 15)
      table[i] = i & 0x8000 ? -size : size
    }
  }
  const out = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]]
  return out
}

// Whether a message is the one before: a rerun of the page sends the same again.
export function sameBytes(a, b) {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
