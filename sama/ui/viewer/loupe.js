// A lens in every panel, over the same spot of the photo, that enlarges what the panel shows without smoothing it.
const MOST_SCREEN_PIXELS = 48; // for one photo pixel; larger says nothing more

function Loupe(panels) {
  let spot = null,
    on = false,
    factor = 4,
    lifted = false;
  for (const panel of panels) {
    const lens = document.createElement('canvas');
    lens.className = 'vw-lens';
    lens.setAttribute('aria-hidden', 'true');
    panel.figure.append(lens);
    Object.assign(panel, { lens, lensPort: Viewport(lens) });
  }
  const scaleIn = port => Math.max(port.scale(), Math.min(port.scale() * factor, MOST_SCREEN_PIXELS));

  return {
    get on() {
      return on;
    },
    get spot() {
      return on ? spot : null;
    },
    toggle(value = !on) {
      on = value;
      return on;
    },
    setFactor(value) {
      factor = value;
    },
    // at: a spot in photo pixels, or null. A lens under a finger is lifted above it.
    move(at, touch = false) {
      spot = at;
      lifted = touch;
    },
    open(width, height) {
      spot = null;
      for (const { lensPort } of panels) lensPort.setPhoto(width, height);
    },

    draw() {
      for (const { figure, lens, lensPort, port, painted, paint } of panels) {
        const { width, height } = figure.getBoundingClientRect();
        const shown = on && spot && painted && width > 0;
        lens.style.display = shown ? 'block' : 'none';
        if (!shown) continue;
        const side = Math.round(clamp(0.42 * Math.min(width, height), 76, 420)),
          [x, y] = port.fromPhoto(...spot);
        const within = (v, room) => clamp(v - side / 2, 4, Math.max(4, room - side - 6));
        const top = lifted ? y - side / 2 - 26 : y;
        Object.assign(lens.style, {
          width: side + 'px',
          height: side + 'px',
          left: within(x, width) + 'px',
          top: within(top, height) + 'px',
        });
        if (!lensPort.resize()) continue;
        const ctx = lens.getContext('2d');
        ctx.setTransform(1, 0, 0, 1, 0, 0);
        ctx.clearRect(0, 0, lens.width, lens.height);
        lensPort.magnify(spot, scaleIn(port));
        paint(ctx, lensPort, 1);
        mark(ctx, lens.width / 2, lens.height / 2);
      }
    },
    // What the lenses need to be sharp, see looks.js.
    wishes() {
      if (!on || !spot) return [];
      const open = panels.filter(p => p.painted && p.lens.style.display === 'block');
      return open.slice(0, 1).map(p => ({
        names: open.flatMap(other => other.names()),
        box: p.lensPort.visible(),
        scale: scaleIn(p.port),
        room: 1.5,
      }));
    },
  };

  // A ring around the spot itself.
  function mark(ctx, x, y) {
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    for (const [width, style] of [
      [3, 'rgb(0 0 0 / .55)'],
      [1.25, '#fff'],
    ]) {
      ctx.beginPath();
      ctx.arc(x, y, 5 * ratio(), 0, 2 * Math.PI);
      Object.assign(ctx, { lineWidth: width * ratio(), strokeStyle: style });
      ctx.stroke();
    }
  }
}
