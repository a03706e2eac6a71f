// The pad: a small picture of the photo's frame with the background picture in it, which pointers, wheel and keys move.
const PAD = { height: 64, least: 14, widest: 180 }; // CSS pixels
const STEP = 0.02; // of the photo, for a key
const LARGER = 1.1; // by a key

// Where a picture lies in a frame, [x, y, width, height] in the frame's pixels: as `Background` does it in Python.
function placed(frame, picture, { fit, x, y, scale }) {
  const ratios = [frame.width / picture.width, frame.height / picture.height];
  const s = scale * (fit === 'cover' ? Math.max(...ratios) : Math.min(...ratios));
  const w = picture.width * s,
    h = picture.height * s;
  return [frame.width * (0.5 + x) - w / 2, frame.height * (0.5 + y) - h / 2, w, h];
}
// Another place of the picture, within limits {offsets, sizes} that are pairs.
function shifted({ x, y, scale }, [dx, dy, factor = 1], { offsets, sizes }) {
  return {
    x: clamp(x + dx, ...offsets),
    y: clamp(y + dy, ...offsets),
    scale: clamp(scale * factor, ...sizes),
  };
}

// The pad's size [width, height] for a photo of this shape, in CSS pixels: as large as there is room, and of its shape
// unless one side would be too thin to be touched.
function padSize([width, height]) {
  const s = Math.min(PAD.height / height, PAD.widest / width);
  return [Math.max(PAD.least, width * s), Math.max(PAD.least, height * s)];
}

function drawPad(pad, shape, picture, place) {
  const [wide, high] = padSize(shape);
  Object.assign(pad.style, { width: wide + 'px', height: high + 'px' });
  Object.assign(pad, { width: wide * ratio(), height: high * ratio() });
  if (!picture) return;
  const size = { width: picture.naturalWidth, height: picture.naturalHeight };
  pad.getContext('2d').drawImage(picture, ...placed(pad, size, place));
}

// move(dx, dy, factor): by parts of the photo, and larger.
function padGestures(pad, move) {
  const pointers = new Map();
  let grip = null; // the pressed pointer, or the distance of two
  const gripOf = ({ clientX, clientY }) => ({ x: clientX, y: clientY });
  pad.addEventListener('pointerdown', e => {
    pad.setPointerCapture(e.pointerId);
    pointers.set(e.pointerId, e);
    grip = { ...gripOf(e), apart: pointers.size === 2 && spread(pointers).d };
  });
  pad.addEventListener('pointermove', e => {
    if (!pointers.has(e.pointerId)) return;
    pointers.set(e.pointerId, e);
    if (pointers.size === 2) {
      const apart = spread(pointers).d;
      if (grip.apart) move(0, 0, apart / grip.apart);
      grip.apart = apart;
    } else if (pointers.size === 1) {
      move((e.clientX - grip.x) / pad.clientWidth, (e.clientY - grip.y) / pad.clientHeight);
      Object.assign(grip, gripOf(e));
    }
  });
  for (const end of ['pointerup', 'pointercancel'])
    pad.addEventListener(end, e => {
      pointers.delete(e.pointerId);
      const [left] = pointers.values();
      if (left) grip = gripOf(left);
    });
  pad.addEventListener(
    'wheel',
    e => {
      e.preventDefault();
      move(0, 0, wheelFactor(e));
    },
    { passive: false },
  );
  const zooms = { '+': LARGER, '=': LARGER, '-': 1 / LARGER };
  pad.addEventListener('keydown', e => {
    const arrow = ARROWS[e.key],
      zoom = zooms[e.key];
    if (!(arrow || zoom) || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    if (arrow) move(STEP * arrow[0], STEP * arrow[1]);
    else move(0, 0, zoom);
  });
}
