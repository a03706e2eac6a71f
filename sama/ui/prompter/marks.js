// Points and boxes on a photo: how they look, where they may be, and which one lies under a pointer. All sizes are in
// photo pixels; `unit` is the size of one CSS pixel there.
const corners = b => [
  [b[0], b[1]],
  [b[2], b[1]],
  [b[2], b[3]],
  [b[0], b[3]],
];

// A tenth of a pixel is finer than anybody points, and keeps a click's message short.
const tenth = v => Math.round(v * 10) / 10;
const inside = ({ width, height }, [x, y]) => x >= 0 && y >= 0 && x <= width && y <= height;
const within = ({ width, height }, [x, y]) => [tenth(clamp(x, 0, width)), tenth(clamp(y, 0, height))];
const hasArea = b => b[2] > b[0] && b[3] > b[1];
function boxOf(photo, a, b) {
  const [p, q] = [within(photo, a), within(photo, b)];
  return [Math.min(p[0], q[0]), Math.min(p[1], q[1]), Math.max(p[0], q[0]), Math.max(p[1], q[1])];
}

function drawBox(ctx, b, unit, colour = '#fff') {
  ctx.lineJoin = 'round';
  for (const [width, style] of [
    [4, 'rgb(0 0 0 / .45)'],
    [2, colour],
  ]) {
    ctx.lineWidth = width * unit;
    ctx.strokeStyle = style;
    ctx.strokeRect(b[0], b[1], b[2] - b[0], b[3] - b[1]);
  }
  ctx.fillStyle = '#fff';
  for (const [x, y] of corners(b)) ctx.fillRect(x - 4 * unit, y - 4 * unit, 8 * unit, 8 * unit);
}

// A few words on the photo, above a spot.
function drawTag(ctx, [x, y], text, colour, unit) {
  ctx.font = `600 ${12 * unit}px system-ui, sans-serif`;
  const short = text.length > 24 ? text.slice(0, 23) + '\u2026' : text,
    width = ctx.measureText(short).width + 10 * unit,
    top = Math.max(y - 22 * unit, 0);
  ctx.fillStyle = 'rgb(0 0 0 / .75)';
  ctx.fillRect(x, top, width, 18 * unit);
  ctx.fillStyle = colour;
  ctx.fillRect(x, top, 3 * unit, 18 * unit);
  ctx.fillStyle = '#fff';
  ctx.fillText(short, x + 6 * unit, top + 13 * unit);
}

function drawPoint(ctx, [x, y, keep], unit, colour) {
  const disc = (r, style) => {
    ctx.beginPath();
    ctx.arc(x, y, r * unit, 0, 2 * Math.PI);
    ctx.fillStyle = style;
    ctx.fill();
  };
  disc(10, 'rgb(0 0 0 / .35)');
  disc(9, '#fff');
  disc(7.2, colour);
  ctx.fillStyle = '#fff';
  ctx.fillRect(x - 3.6 * unit, y - 0.9 * unit, 7.2 * unit, 1.8 * unit);
  if (keep) ctx.fillRect(x - 0.9 * unit, y - 3.6 * unit, 1.8 * unit, 7.2 * unit);
}

// The keyboard's place on the photo.
function drawCrosshair(ctx, [x, y], unit) {
  ctx.lineCap = 'round';
  for (const [width, style] of [
    [4, 'rgb(0 0 0 / .6)'],
    [1.8, '#fff'],
  ]) {
    ctx.lineWidth = width * unit;
    ctx.strokeStyle = style;
    ctx.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      ctx.moveTo(x + 5 * dx * unit, y + 5 * dy * unit);
      ctx.lineTo(x + 16 * dx * unit, y + 16 * dy * unit);
    }
    ctx.stroke();
  }
}

// A point, or a corner of a box together with the corner that stays when it is dragged; the newest first.
function handleAt([x, y], { points, boxes }, reach) {
  const near = ([px, py]) => Math.hypot(px - x, py - y) <= reach;
  for (let i = points.length - 1; i >= 0; i--) if (near(points[i])) return { kind: 'point', index: i };
  for (let i = boxes.length - 1; i >= 0; i--) {
    const c = corners(boxes[i]),
      k = c.findIndex(near);
    if (k >= 0) return { kind: 'box', index: i, fixed: c[(k + 2) % 4] };
  }
  return null;
}

// In which order points, boxes and strokes were drawn, a word each: where they contradict each other, the later one
// counts. Where nobody knows, the boxes came first, and the strokes last.
function orderOf({ points, boxes, strokes = [], order }) {
  if (order?.length === points.length + boxes.length + strokes.length) return order;
  return [...boxes.map(() => 'box'), ...points.map(() => 'point'), ...strokes.map(() => 'stroke')];
}
function withPoint(marks, point) {
  const { points, boxes } = marks;
  return { points: [...points, point], boxes, order: [...orderOf(marks), 'point'] };
}
function withBox(marks, box) {
  const { points, boxes } = marks;
  return { points, boxes: [...boxes, box], order: [...orderOf(marks), 'box'] };
}
const replaced = (list, index, item) => list.map((old, i) => (i === index ? item : old));
function moved(photo, { kind, index, fixed }, at, { points, boxes, order }) {
  if (kind === 'point')
    return { points: replaced(points, index, [...within(photo, at), points[index][2]]), boxes, order };
  return { points, boxes: replaced(boxes, index, boxOf(photo, fixed, at)), order };
}
function removed({ kind, index }, marks) {
  const { points, boxes } = marks;
  const without = (list, at) => list.filter((_, i) => i !== at);
  const places = orderOf(marks).flatMap((word, i) => (word === kind ? [i] : []));
  const order = without(orderOf(marks), places[index]);
  return kind === 'point'
    ? { points: without(points, index), boxes, order }
    : { points, boxes: without(boxes, index), order };
}
