// The message of message.py, a safetensors file, taken apart: {header, parts}. Arrays become typed
// arrays with a `shape`; float16 becomes float32.

const TYPES = { F32: Float32Array, U8: Uint8Array, U16: Uint16Array, F16: Uint16Array }

export function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = bytes.byteLength < 8 ? Infinity : 8 + Number(view.getBigUint64(0, true))
  if (start > bytes.byteLength) throw new Error("this is no message of the player")
  const { __metadata__: { header }, ...arrays } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)))
  const parts = {}
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(arrays)) {
    if (start + to > bytes.byteLength) throw new Error("the message was cut short")
    // A copy: the message need not lie at an address that typed arrays accept.
    const stored = new TYPES[dtype](bytes.slice(start + from, start + to).buffer)
    parts[name] = Object.assign(dtype === "F16" ? halves(stored) : stored, { shape })
  }
  return { header: JSON.parse(header), parts }
}

let table = null

// Browsers have Float16Array only since 2025: a table of all 65536 values does as well.
function halves(bits) {
  table ??= Float32Array.from({ length: 65536 }, (_, i) => {
    const exponent = (i >> 10) & 31, fraction = i & 1023
    const size = exponent === 0 ? fraction * 2 ** -24
      : exponent === 31 ? (fraction ? NaN : Infinity)
      : (1 + fraction / 1024) * 2 ** (exponent - 15)
    return i & 0x8000 ? -size : size
  })
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
