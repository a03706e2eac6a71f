// Strokes of brush and eraser: lists [label, radius, x, y, x, y, ...] in photo pixels, label 1 for a brush's. They are
// marks as points and boxes are; `brushed` says whose each is, as `owners` does of points.
const isBrush = stroke => stroke[0] === 1;
const placesOf = stroke =>
  Array.from({ length: stroke.length / 2 - 1 }, (_, i) => [stroke[2 * i + 2], stroke[2 * i + 3]]);
function withStroke(marks, stroke) {
  const { points, boxes, strokes = [] } = marks;
  return { points, boxes, strokes: [...strokes, stroke], order: [...orderOf(marks), 'stroke'] };
}
// The objects that stroke i is of: its owner, or those that a click at its beginning would be of; none for an eraser's,
// which is of all.
function strokeHomesOf(marks, i) {
  const { boxes, strokes, brushed } = marks,
    own = brushed?.[i] ?? null,
    [label, , x, y] = strokes[i];
  if (own !== null) return [own];
  if (label !== 1) return [];
  if (boxes.length < 2) return [0];
  const homes = boxes.flatMap((box, number) => (holdsPoint(box, [x, y]) ? [number] : []));
  return homes.length ? homes : [boxes.length];
}
const strokeHomes = marks => (marks.strokes || []).map((_, i) => strokeHomesOf(marks, i));

const grows = (before, after) =>
  ['points', 'boxes', 'strokes'].some(kind => after[kind]?.length > before[kind].length);
// Whose a new stroke is: a brush begins an object of its own, number `other`, where several are apart and none is
// selected; an eraser takes from all. owner: of what is drawn now.
function painterOf({ strokes: before }, { strokes: after = before }, { owner, selected, other }) {
  if (after.length <= before.length) return null;
  return isBrush(after.at(-1)) ? (owner ?? other) : selected;
}

// Places without those that lie within `far` of the line through the others (Ramer, Douglas and Peucker), to a tenth.
function simplified(places, far) {
  const keep = new Set([0, places.length - 1]),
    todo = [[0, places.length - 1]];
  while (todo.length) {
    const [from, to] = todo.pop();
    let most = far,
      worst = -1;
    for (let i = from + 1; i < to; i++) {
      const away = distanceTo(places[i], places[from], places[to]);
      if (away > most) [most, worst] = [away, i];
    }
    if (worst < 0) continue;
    keep.add(worst);
    todo.push([from, worst], [worst, to]);
  }
  return places.filter((_, i) => keep.has(i)).map(([x, y]) => [tenth(x), tenth(y)]);
}
function distanceTo([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay],
    long = dx * dx + dy * dy,
    along = long ? clamp(((x - ax) * dx + (y - ay) * dy) / long, 0, 1) : 0;
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

// colour(label): of brush and eraser.
function drawStrokes(ctx, strokes, colour, opacity) {
  ctx.save();
  ctx.lineCap = ctx.lineJoin = 'round';
  ctx.globalAlpha = opacity;
  for (const stroke of strokes) {
    const [first, ...others] = placesOf(stroke);
    ctx.lineWidth = 2 * stroke[1];
    ctx.strokeStyle = colour(stroke[0]);
    ctx.beginPath();
    ctx.moveTo(...first);
    for (const place of others.length ? others : [first]) ctx.lineTo(...place);
    ctx.stroke();
  }
  ctx.restore();
}
function drawTip(ctx, [x, y], radius, unit, colour) {
  for (const [width, style] of [
    [3.5, 'rgb(0 0 0 / .55)'],
    [1.6, colour],
  ]) {
    ctx.lineWidth = width * unit;
    ctx.strokeStyle = style;
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.stroke();
  }
}
