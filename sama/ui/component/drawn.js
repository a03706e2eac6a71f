// What a canvas shows again and again at the same view, kept as it came out: the photo, the line around a mask.
const DRAWINGS = 8; // that are kept
const drawings = []; // {key, canvas}, the newest last; a view that was seen once has no canvas yet

// Draws what `paint(context)` paints under a canvas's transform; of: what it is made from, a list that is compared by
// identity; soon: keep it from the first time on, which is worth it for what takes long.
function drawKept(ctx, of, paint, soon = false) {
  const { width, height } = ctx.canvas,
    { a, e, f } = ctx.getTransform(),
    key = [...of, a, e, f, width, height, ctx.imageSmoothingEnabled];
  const at = drawings.findIndex(({ key: known }) => sameItems(known, key)),
    found = at < 0 ? { key, canvas: null } : drawings.splice(at, 1)[0];
  drawings.push(found);
  const spare = drawings.length > DRAWINGS ? drawings.shift().canvas : null;
  if (!found.canvas) {
    if (at < 0 && !soon) return paint(ctx);
    found.canvas = spare || document.createElement('canvas');
    const c = emptied(found.canvas, width, height);
    c.setTransform(ctx.getTransform());
    c.imageSmoothingEnabled = ctx.imageSmoothingEnabled;
    c.imageSmoothingQuality = ctx.imageSmoothingQuality;
    paint(c);
  }
  ctx.save();
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.drawImage(found.canvas, 0, 0);
  ctx.restore();
}
const sameItems = (a, b) => a.length === b.length && a.every((item, i) => item === b[i]);

// A canvas's context, the canvas being of this size and empty.
function emptied(canvas, width, height) {
  const c = canvas.getContext('2d');
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  c.setTransform(1, 0, 0, 1, 0, 0);
  c.globalCompositeOperation = 'source-over';
  c.clearRect(0, 0, width, height);
  return c;
}

// Fills a canvas with a background's colour, or with the squares that stand for nothing.
function paintPlain(ctx, ground, checks) {
  if (ground.kind !== 'colour') return checkered(ctx, checks);
  ctx.fillStyle = ground.colour;
  ctx.fillRect(0, 0, ctx.canvas.width, ctx.canvas.height);
}
// checks: {cell, colours}.
function checkered(ctx, { cell, colours }) {
  const { width, height } = ctx.canvas;
  ctx.fillStyle = colours[0];
  ctx.fillRect(0, 0, width, height);
  ctx.fillStyle = colours[1];
  for (let y = 0; y < height; y += cell)
    for (let x = (y / cell) % 2 ? 0 : cell; x < width; x += 2 * cell) ctx.fillRect(x, y, cell, cell);
}
