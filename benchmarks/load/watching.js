// Notes what a page of the app asks its server for, and what it is told; put into a page before its
// own scripts. tabs.py puts in numbers of fields from the messages that Streamlit defines.
//   sctEnded    runs of the app's script that are over; a busy page never shows that a short one ran
//   sctOwed     whether a run that the page asked for has not ended yet: what an act changes in the
//               address stands there before the server knows of it
//   sctChanged  when the page changed last, in milliseconds of its clock
(() => {
  const { started, finished, asks, early } = NUMBERS
  window.sctEnded = window.sctChanged = 0
  window.sctOwed = true
  let asked = 0, begun = -1 // how often the page asked, and how often when the last run began

  const change = () => { window.sctChanged = performance.now() }
  new MutationObserver(change).observe(document, { subtree: true, childList: true })

  const number = (bytes, at) => {
    let value = 0, shift = 0
    for (; at < bytes.length; shift += 7) {
      value += (bytes[at] & 127) * 2 ** shift
      if (bytes[at++] < 128) return [value, at]
    }
    return [value, bytes.length + 1]
  }
  // The fields of a message, one level deep: their numbers, and the values of those that are numbers.
  const fields = (bytes) => {
    const found = new Map()
    for (let at = 0, tag, value; at < bytes.length; ) {
      [tag, at] = number(bytes, at)
      const kind = tag % 8
      if (kind === 0 || kind === 2) [value, at] = number(bytes, at)
      found.set(tag >> 3, kind === 0 ? value : null)
      at += kind === 2 ? value : kind === 1 ? 8 : kind === 5 ? 4 : 0
    }
    return found
  }
  const bytesOf = (data) => ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data instanceof ArrayBuffer ? data : 0)

  window.WebSocket = class extends window.WebSocket {
    constructor(...given) {
      super(...given)
      this.addEventListener("message", ({ data }) => {
        const told = fields(bytesOf(data))
        if (told.has(started)) begun = asked
        if (!told.has(finished) || told.get(finished) === early) return
        const answers = begun
        // What the run changed is drawn by the second next task.
        setTimeout(() => setTimeout(() => {
          window.sctEnded++
          if (answers === asked) window.sctOwed = false
        }))
      })
    }
    send(data) {
      if (fields(bytesOf(data)).has(asks)) {
        asked++
        window.sctOwed = true
      }
      super.send(data)
    }
  }
})()
