// What a model answers all along a video, as bands: at each window the probabilities of all labels
// lie on one another, and lines cross what is not sure.

// Seconds at which one window's answer gives way to the next one's, from the first to the last.
export function edgesOf({ starts, span, duration }) {
  const inner = starts.slice(1).map((start, i) => (start + starts[i] + span) / 2)
  return starts.length ? [starts[0], ...inner, Math.min(duration, starts.at(-1) + span)] : []
}

export function bandAt(edges, second) {
  const found = edges.findIndex((edge, i) => i > 0 && second < edge)
  return found < 0 ? edges.length - 2 : Math.max(0, found - 1)
}

// Draws one question's bands; `edges` are shares of the whole width.
export function paint(canvas, row, edges) {
  const scale = window.devicePixelRatio || 1, width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale)
  if (!width || !height) return
  canvas.width = width
  canvas.height = height
  const pen = canvas.getContext("2d"), hatch = hatching(pen, scale)
  row.shares.forEach((shares, i) => {
    const left = Math.round(edges[i] * width), right = Math.max(left + 1, Math.round(edges[i + 1] * width))
    let top = height
    shares.forEach((share, label) => {
      pen.fillStyle = row.colours[label]
      const tall = share * height
      pen.fillRect(left, top - tall, right - left, tall + 0.5)
      top -= tall
    })
    if (row.sure[i] !== false) return
    pen.fillStyle = hatch
    pen.fillRect(left, 0, right - left, height)
  })
}

function hatching(pen, scale) {
  const side = Math.round(8 * scale), tile = document.createElement("canvas")
  tile.width = tile.height = side
  const own = tile.getContext("2d")
  own.strokeStyle = "rgb(255 255 255 / 0.75)"
  own.lineWidth = 1.75 * scale
  for (const by of [-side, 0, side]) {
    own.beginPath()
    own.moveTo(by - 1, side + 1)
    own.lineTo(by + side + 1, -1)
    own.stroke()
  }
  return pen.createPattern(tile, "repeat")
}
