// What there is to see of an answer: layers in photo coordinates. Each has a picture of the whole photo, fitted to the
// panels, and closer looks {box, scale, pictures} at some of its parts; `scale` is picture pixels per photo pixel.
const LOOKS_KEPT = 4;
const ENOUGH = 0.8; // of the screen's resolution
// Maps lie on the darkened photo.
const isVeiled = name => name === 'difference' || name === 'map';
const isMask = name => name === 'sam' || name === 'sama';

// Whether a box holds all of another one, and whether they have anything in common.
const covers = (outer, [x0, y0, x1, y1]) =>
  outer[0] <= x0 && outer[1] <= y0 && outer[2] >= x1 && outer[3] >= y1;
const meets = ([a0, b0, a1, b1], [x0, y0, x1, y1]) => a0 < x1 && x0 < a1 && b0 < y1 && y0 < b1;

// How many times as wide as usual lines are, on a stage.
const lines = () => Number(colourOf(document.body, 'lines')) || 1;

// A mask as it lies on the photo, in `shade` outside and tinted inside, in its own colour or another one; or, without a
// shade, white on black.
function veiled(mask, shade, tint) {
  const canvas = document.createElement('canvas'),
    c = canvas.getContext('2d');
  const layer = (operation, opacity, what) => {
    Object.assign(c, { globalCompositeOperation: operation, globalAlpha: opacity });
    if (typeof what !== 'string') return c.drawImage(what, 0, 0);
    c.fillStyle = what;
    c.fillRect(0, 0, canvas.width, canvas.height);
  };
  Object.assign(canvas, { width: mask.naturalWidth, height: mask.naturalHeight });
  if (shade) {
    layer('source-over', 0.66, shade);
    layer('destination-out', 1, mask);
    layer('source-over', TINTED, tint ? tinted(mask, tint) : mask);
  } else {
    layer('source-over', 1, mask);
    layer('source-in', 1, '#fff');
    layer('destination-over', 1, '#000');
  }
  return canvas;
}

class Layers {
  // shade: "#rrggbb", what lies over a photo beside what is meant.
  constructor(shade) {
    this.shade = shade;
    this.plain = false; // masks alone
    this.tints = {}; // of masks, by name, where it is not their own
    this.veils = new WeakMap();
    this.open(null);
  }
  open(photo) {
    this.photo = photo;
    this.clear();
  }
  clear() {
    this.has = {};
    this.looks = [];
  }
  // Other pictures of the whole photo; closer looks at what they replace are out of date.
  set(pictures) {
    this.has = { ...this.has, ...pictures };
    for (const look of this.looks) for (const name of Object.keys(pictures)) delete look.pictures[name];
  }
  add(look) {
    this.looks = [...this.looks.slice(1 - LOOKS_KEPT), look];
  }
  setPlain(value) {
    this.plain = value;
    this.veils = new WeakMap();
  }
  // Whether a layer has fewer than `scale` pixels per photo pixel somewhere in a box.
  lacks(name, box, scale) {
    const base = name === 'photo' ? this.photo.picture : this.has[name];
    if (!base || base.naturalWidth / this.photo.width >= ENOUGH * scale) return false;
    return !this.looks.some(l => l.pictures[name] && l.scale >= ENOUGH * scale && covers(l.box, box));
  }

  paint(ctx, name, port, crisp) {
    const { photo, has } = this;
    if (!photo || (name !== 'photo' && !has[name])) return;
    port.apply(ctx, crisp);
    this.paintPart(ctx, name, [0, 0, photo.width, photo.height], has[name]);
    const seen = port.visible(),
      coarse = (has[name] || photo.preview).naturalWidth / photo.width;
    const usable = this.looks.filter(l => l.pictures[name] && l.scale > coarse && meets(l.box, seen));
    usable.sort((a, b) => a.scale - b.scale);
    for (const { box, pictures } of usable) {
      ctx.save();
      ctx.beginPath();
      ctx.rect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
      ctx.clip();
      this.paintPart(ctx, name, box, pictures[name], pictures.photo);
      ctx.restore();
    }
    if (isMask(name) && !this.plain) {
      const of = [has[name], ...usable.map(({ pictures }) => pictures[name])];
      outline(ctx, photo, c => this.paintMask(c, has[name], name, usable), { wide: lines(), of });
    }
  }
  // A mask alone, at its best: closer looks take the place of what lies under them.
  paintMask(ctx, mask, name, looks) {
    const { width, height } = this.photo;
    ctx.drawImage(mask, 0, 0, width, height);
    for (const { box, pictures } of looks) {
      const place = [box[0], box[1], box[2] - box[0], box[3] - box[1]];
      ctx.clearRect(...place);
      ctx.drawImage(pictures[name], ...place);
    }
  }
  // under: the photo in that box, where there is a closer look at it.
  paintPart(ctx, name, [x0, y0, x1, y1], picture, under) {
    const { photo, plain, shade } = this;
    const place = [x0, y0, x1 - x0, y1 - y0];
    if (name === 'photo' || isVeiled(name) || (isMask(name) && !plain)) {
      if (under) ctx.drawImage(under, ...place);
      else {
        const sharp = sharpEnough(photo, ctx.getTransform().a);
        drawKept(ctx, [sharp], c => c.drawImage(sharp, 0, 0, photo.width, photo.height));
      }
    }
    if (isVeiled(name)) {
      ctx.fillStyle = faded(shade, 0.74);
      ctx.fillRect(...place);
    }
    if (name === 'alpha') {
      ctx.fillStyle = '#000'; // a matte is white, and as opaque as it says
      ctx.fillRect(...place);
    }
    if (name !== 'photo') ctx.drawImage(isMask(name) ? this.veil(picture, name) : picture, ...place);
  }
  veil(mask, name) {
    if (!this.veils.has(mask))
      this.veils.set(mask, veiled(mask, this.plain ? null : this.shade, this.tints[name]));
    return this.veils.get(mask);
  }
}
