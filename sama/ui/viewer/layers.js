// What there is to see of an answer: layers in photo coordinates. Each has a picture of the whole photo, fitted to the
// panels, and closer looks {box, scale, pictures} at some of its parts; `scale` is picture pixels per photo pixel.
const LAYERS = {
  photo: 'Photo',
  sam: 'SAM mask',
  sama: 'SAMA mask',
  alpha: 'Alpha matte',
  composite: 'Composite',
  difference: '|SAM − SAMA|',
};
const LOOKS_KEPT = 4;
const ENOUGH = 0.8; // of the screen's resolution

function Layers() {
  let photo = null,
    whole = {},
    looks = [],
    plain = false,
    veils = new WeakMap();

  const covers = (outer, [x0, y0, x1, y1]) =>
    outer[0] <= x0 && outer[1] <= y0 && outer[2] >= x1 && outer[3] >= y1;
  const meets = ([a0, b0, a1, b1], [x0, y0, x1, y1]) => a0 < x1 && x0 < a1 && b0 < y1 && y0 < b1;

  // A mask as it lies on the photo, dark outside and tinted inside; or alone, white on black.
  function veil(mask) {
    if (!veils.has(mask)) {
      const canvas = document.createElement('canvas'),
        c = canvas.getContext('2d');
      const layer = (operation, opacity, what) => {
        Object.assign(c, { globalCompositeOperation: operation, globalAlpha: opacity });
        if (typeof what !== 'string') return c.drawImage(what, 0, 0);
        c.fillStyle = what;
        c.fillRect(0, 0, canvas.width, canvas.height);
      };
      Object.assign(canvas, { width: mask.naturalWidth, height: mask.naturalHeight });
      if (plain) {
        layer('source-over', 1, mask);
        layer('source-in', 1, '#fff');
        layer('destination-over', 1, '#000');
      } else {
        layer('source-over', 0.66, '#0c0e10');
        layer('destination-out', 1, mask);
        layer('source-over', 0.38, mask);
      }
      veils.set(mask, canvas);
    }
    return veils.get(mask);
  }

  function part(ctx, name, box, picture, under) {
    const [x, y, w, h] = [box[0], box[1], box[2] - box[0], box[3] - box[1]];
    const onPhoto =
      name === 'photo' || name === 'difference' || (!plain && (name === 'sam' || name === 'sama'));
    if (onPhoto && under) ctx.drawImage(under, x, y, w, h);
    else if (onPhoto)
      ctx.drawImage(sharpEnough(photo, ctx.getTransform().a), 0, 0, photo.width, photo.height);
    if (name === 'difference') {
      ctx.fillStyle = 'rgb(12 14 16 / .74)';
      ctx.fillRect(x, y, w, h);
    }
    if (name !== 'photo')
      ctx.drawImage(name === 'sam' || name === 'sama' ? veil(picture) : picture, x, y, w, h);
  }

  return {
    get photo() {
      return photo;
    },
    get has() {
      return whole;
    },
    open(next) {
      photo = next;
      whole = {};
      looks = [];
    },
    // Other pictures of the whole photo; closer looks at what they replace are out of date.
    set(pictures) {
      whole = { ...whole, ...pictures };
      for (const look of looks) for (const name of Object.keys(pictures)) delete look.pictures[name];
    },
    clear() {
      whole = {};
      looks = [];
    },
    add(look) {
      looks = [...looks.slice(1 - LOOKS_KEPT), look];
    },
    setPlain(value) {
      plain = value;
      veils = new WeakMap();
    },

    paint(ctx, name, port, crisp) {
      if (!photo || (name !== 'photo' && !whole[name])) return;
      port.apply(ctx, crisp);
      part(ctx, name, [0, 0, photo.width, photo.height], whole[name]);
      const seen = port.visible(),
        coarse = (whole[name] || photo.preview).naturalWidth / photo.width;
      const usable = looks.filter(l => l.pictures[name] && l.scale > coarse && meets(l.box, seen));
      for (const { box, pictures } of usable.sort((a, b) => a.scale - b.scale)) {
        ctx.save();
        ctx.beginPath();
        ctx.rect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
        ctx.clip();
        part(ctx, name, box, pictures[name], pictures.photo);
        ctx.restore();
      }
    },
    // Whether a layer has fewer than `scale` pixels per photo pixel somewhere in a box.
    lacks(name, box, scale) {
      const base = name === 'photo' ? photo.picture : whole[name];
      if (!base || base.naturalWidth / photo.width >= ENOUGH * scale) return false;
      return !looks.some(l => l.pictures[name] && l.scale >= ENOUGH * scale && covers(l.box, box));
    },
  };
}
