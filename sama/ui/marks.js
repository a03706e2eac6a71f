// Points and boxes on a photo: how they look, and which one lies under a pointer. All sizes are in photo pixels; `unit`
// is the size of one CSS pixel there.
const corners = b => [[b[0], b[1]], [b[2], b[1]], [b[2], b[3]], [b[0], b[3]]];

function drawBox(ctx, b, unit) {
  ctx.lineJoin = 'round';
  for (const [width, style] of [[4, 'rgb(0 0 0 / .45)'], [2, '#fff']]) {
    ctx.lineWidth = width * unit;
    ctx.strokeStyle = style;
    ctx.strokeRect(b[0], b[1], b[2] - b[0], b[3] - b[1]);
  }
  ctx.fillStyle = '#fff';
  for (const [x, y] of corners(b)) ctx.fillRect(x - 4 * unit, y - 4 * unit, 8 * unit, 8 * unit);
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

// A point, or a corner of a box together with the corner that stays when it is dragged; the newest first.
function handleAt([x, y], { points, boxes }, reach) {
  const near = ([px, py]) => Math.hypot(px - x, py - y) <= reach;
  for (let i = points.length - 1; i >= 0; i--) if (near(points[i])) return { kind: 'point', index: i };
  for (let i = boxes.length - 1; i >= 0; i--) {
    const c = corners(boxes[i]), k = c.findIndex(near);
    if (k >= 0) return { kind: 'box', index: i, fixed: c[(k + 2) % 4] };
  }
  return null;
}
