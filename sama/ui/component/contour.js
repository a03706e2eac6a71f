// Masks that are seen on any colour: a second tint where the first one is too near, and a line around them.
const TINTED = 0.38; // how much of the tint lies on a photo
const LEAST_CHANGE = 0.06; // by a tint, in OKLab, to be seen from afar; black to white is 1
const UNSEEN_SHARE = 0.25; // of the object, from which on the other tint is tried
const SAMPLED = 48; // longer side of what is looked at, in pixels

// sRGB bytes in OKLab (Ottosson 2020), [L, a, b].
function oklab(rgb) {
  const [r, g, b] = rgb.map(v => (v <= 10 ? v / 3295 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  const [l, m, s] = [
    0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
    0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
    0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
  ].map(Math.cbrt);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
const channelsOf = colour => [1, 3, 5].map(i => Number.parseInt(colour.slice(i, i + 2), 16));
// How much a tint changes a pixel.
function changeBy(tint, pixel) {
  const [p, q] = [pixel, pixel.map((v, i) => v + TINTED * (tint[i] - v))].map(oklab);
  return Math.hypot(...p.map((v, i) => v - q[i]));
}
// The share of pixels [[r, g, b], ...] on which a tint "#rrggbb" is hardly seen.
function unseenShare(pixels, tint) {
  const channels = channelsOf(tint);
  return pixels.filter(pixel => changeBy(channels, pixel) < LEAST_CHANGE).length / Math.max(1, pixels.length);
}
// The first of two tints, unless it is hardly seen on much of an object and the second one is seen better.
function tintFor(pixels, [first, second]) {
  const unseen = unseenShare(pixels, first);
  return unseen > UNSEEN_SHARE && unseenShare(pixels, second) < unseen ? second : first;
}

// The photo's pixels under a mask, a few hundred of them.
function pixelsUnder(mask, photo) {
  const s = SAMPLED / Math.max(mask.naturalWidth, mask.naturalHeight);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, {
    width: Math.max(1, Math.round(mask.naturalWidth * s)),
    height: Math.max(1, Math.round(mask.naturalHeight * s)),
  });
  const c = canvas.getContext('2d', { willReadFrequently: true });
  c.drawImage(mask, 0, 0, canvas.width, canvas.height);
  c.globalCompositeOperation = 'source-in';
  c.drawImage(photo, 0, 0, canvas.width, canvas.height);
  const { data } = c.getImageData(0, 0, canvas.width, canvas.height);
  const pixels = [];
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 127) pixels.push([...data.slice(i, i + 3)]);
  return pixels;
}

// A mask in another colour, as a canvas of its size.
function tinted(mask, colour) {
  const canvas = document.createElement('canvas'),
    c = canvas.getContext('2d');
  Object.assign(canvas, { width: mask.naturalWidth, height: mask.naturalHeight });
  c.drawImage(mask, 0, 0);
  c.globalCompositeOperation = 'source-in';
  c.fillStyle = colour;
  c.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

// ---- the line around a mask ------------------------------------------------------------------------------------------

const LINES = [
  [2.4, 'rgb(0 0 0 / .7)'],
  [1.2, '#fff'],
]; // CSS pixels: a white line with a dark one around it is seen on anything
const AROUND = [...Array(8).keys()].map(i => [Math.cos((i * Math.PI) / 4), Math.sin((i * Math.PI) / 4)]);
const COARSE = 128; // longer side of the picture in which a shape is looked for, in pixels
const scratch = [...Array(3)].map(() => document.createElement('canvas'));

// Where something is on a picture, in parts of its sides: [x0, y0, x1, y1], somewhat too large; null where it is empty.
function boundsOf(picture, { width: wide, height: high }) {
  const s = Math.min(1, COARSE / Math.max(wide, high)),
    [width, height] = [wide, high].map(side => Math.max(1, Math.ceil(side * s)));
  const c = emptied(scratch[2], width, height);
  c.imageSmoothingQuality = 'high'; // or thin things are missed
  c.drawImage(picture, 0, 0, wide * s, high * s);
  const { data } = c.getImageData(0, 0, width, height);
  let [x0, y0, x1, y1] = [width, height, -1, -1];
  for (let i = 3, n = 0; i < data.length; i += 4, n++) {
    if (!data[i]) continue;
    const x = n % width,
      y = (n - x) / width;
    [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)];
  }
  if (x1 < 0) return null;
  return [(x0 - 1) / (wide * s), (y0 - 1) / (high * s), (x1 + 2) / (wide * s), (y1 + 2) / (high * s)];
}
// The same of a mask, which is looked at once.
const boundsKept = new WeakMap();
function boundsOfMask(mask) {
  if (!boundsKept.has(mask))
    boundsKept.set(mask, boundsOf(mask, { width: mask.naturalWidth, height: mask.naturalHeight }));
  return boundsKept.get(mask);
}
// Bounds on a canvas, and `far` around them: [x, y, width, height] in its pixels. They are parts of `size`, which lies
// there scaled by a and moved by e and f.
function around([x0, y0, x1, y1], { width, height }, { a, e, f }, canvas, far) {
  const left = Math.max(0, Math.floor(x0 * width * a + e - far)),
    top = Math.max(0, Math.floor(y0 * height * a + f - far));
  const right = Math.min(canvas.width, Math.ceil(x1 * width * a + e + far)),
    bottom = Math.min(canvas.height, Math.ceil(y1 * height * a + f + far));
  return [left, top, right - left, bottom - top];
}
// Draws lines just outside of what `paint(context)` paints, on a canvas whose transform is that of the photo: as wide on
// the screen at any zoom, `wide` times as wide as usual, and inside the photo only. of: what the shape is made from, a
// list; they are kept for as long as that is drawn.
function outline(ctx, size, paint, { wide = 1, of }) {
  const mask = of.length === 1 && of[0] instanceof HTMLImageElement ? of[0] : null; // of the whole photo
  drawKept(ctx, [...of, wide, ratio()], c => drawLines(c, size, paint, wide, mask), true);
}
function drawLines(ctx, size, paint, wide, mask) {
  const [shape, ring] = scratch,
    s = emptied(shape, ctx.canvas.width, ctx.canvas.height);
  s.setTransform(ctx.getTransform());
  s.imageSmoothingEnabled = ctx.imageSmoothingEnabled;
  paint(s);
  const bounds = mask ? boundsOfMask(mask) : boundsOf(shape, shape);
  if (!bounds) return;
  const reaches = LINES.map(([reach]) => Math.max(1, reach * wide * ratio())),
    far = Math.ceil(Math.max(...reaches)) + 1;
  const [frame, at] = mask ? [size, ctx.getTransform()] : [shape, { a: 1, e: 0, f: 0 }],
    [left, top, w, h] = around(bounds, frame, at, shape, far);
  if (w < 1 || h < 1) return; // out of sight
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, 0, size.width, size.height);
  ctx.clip();
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  LINES.forEach(([, style], i) => {
    const r = emptied(ring, w, h);
    for (const [x, y] of AROUND) r.drawImage(shape, x * reaches[i] - left, y * reaches[i] - top);
    r.globalCompositeOperation = 'destination-out';
    r.drawImage(shape, -left, -top);
    r.globalCompositeOperation = 'source-in';
    r.fillStyle = style;
    r.fillRect(0, 0, w, h);
    ctx.drawImage(ring, left, top);
  });
  ctx.restore();
}
