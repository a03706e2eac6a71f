// The panels: what was found in the frame that is seen, all in step.
const VEIL = 0.66;
const TINT = 0.4;

// Where a background picture lies in a frame, see `Background`.
function laid(frame, picture, { fit, x, y, scale }) {
  const ratios = [frame.width / picture.width, frame.height / picture.height];
  const s = scale * (fit === 'contain' ? Math.min(...ratios) : Math.max(...ratios));
  const [w, h] = [picture.width * s, picture.height * s];
  return [frame.width * (0.5 + x) - w / 2, frame.height * (0.5 + y) - h / 2, w, h];
}

// The frame, darkened outside a mask and tinted inside.
function paintMask(ctx, size, photo, mask, shade) {
  ctx.drawImage(photo, 0, 0, ...size);
  const veil = document.createElement('canvas'),
    v = veil.getContext('2d');
  [veil.width, veil.height] = size;
  v.globalAlpha = VEIL;
  v.fillStyle = shade;
  v.fillRect(0, 0, ...size);
  v.globalAlpha = 1;
  v.globalCompositeOperation = 'destination-out';
  v.drawImage(mask, 0, 0, ...size);
  v.globalCompositeOperation = 'source-over';
  v.globalAlpha = TINT;
  v.drawImage(mask, 0, 0, ...size);
  ctx.drawImage(veil, 0, 0);
}
// The alpha of a cut-out, white on black.
function paintMatte(ctx, size, cut) {
  const fill = (operation, colour) => {
    Object.assign(ctx, { globalCompositeOperation: operation, fillStyle: colour });
    ctx.fillRect(0, 0, ...size);
  };
  ctx.drawImage(cut, 0, 0, ...size);
  fill('source-in', '#fff');
  fill('destination-over', '#000');
  ctx.globalCompositeOperation = 'source-over';
}
// What stands behind; scene: the background's value, with the picture as `shown`; checks: of what is transparent.
function paintBehind(ctx, [width, height], photo, scene, checks) {
  if (scene.kind === 'blur') {
    ctx.filter = `blur(${(scene.blur / 100) * Math.max(width, height)}px)`;
    ctx.drawImage(photo, 0, 0, width, height);
    ctx.filter = 'none';
  } else {
    paintPlain(ctx, scene, checks);
    if (scene.kind !== 'picture' || !scene.shown) return;
    const picture = { width: scene.shown.naturalWidth, height: scene.shown.naturalHeight };
    ctx.drawImage(scene.shown, ...laid({ width, height }, picture, scene));
  }
}

// titles: of the panels by name; checks: see `checkered`; picked(share): a row of the matte, from 0 at the top to 1.
function FilmPanels(root, { titles, checks, picked }) {
  const canvases = {};
  for (const figure of root.querySelectorAll('[data-film]')) {
    const name = figure.dataset.film;
    canvases[name] = figure.querySelector('canvas');
    figure.querySelector('figcaption').textContent = titles[name];
  }
  let scene = { kind: 'transparent' };
  let shown = null; // {photo, sam, sama, cut}: pictures
  let row = null; // from 0 to 1

  function paint(name, ctx, size) {
    if (!shown.cut) return ctx.drawImage(shown.photo, 0, 0, ...size);
    if (name === 'composite') {
      paintBehind(ctx, size, shown.photo, scene, checks);
      return ctx.drawImage(shown.cut, 0, 0, ...size);
    }
    if (name !== 'alpha') return paintMask(ctx, size, shown.photo, shown[name], colourOf(root, 'shade'));
    paintMatte(ctx, size, shown.cut);
    if (row === null) return;
    ctx.fillStyle = colourOf(root, 'sama');
    ctx.fillRect(0, Math.round(row * size[1]), size[0], 1);
  }
  function draw() {
    const source = shown?.cut || shown?.photo;
    if (!source) return;
    const size = [source.naturalWidth, source.naturalHeight];
    for (const [name, canvas] of Object.entries(canvases)) {
      [canvas.width, canvas.height] = size; // also clears it
      paint(name, canvas.getContext('2d'), size);
      canvas.closest('figure').classList.toggle('waits', !shown.cut);
    }
  }
  canvases.alpha.onclick = e => {
    const { width, height } = canvases.alpha,
      r = canvases.alpha.getBoundingClientRect();
    const high = height * Math.min(r.width / width, r.height / height); // of what is drawn, in the middle
    row = clamp((e.clientY - r.top - (r.height - high) / 2) / high, 0, 1);
    draw();
    picked(row);
  };
  return {
    show(pictures) {
      shown = pictures;
      draw();
    },
    ground(next) {
      scene = next;
      draw();
    },
  };
}
