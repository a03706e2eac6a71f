// A lens in every panel, over the same spot of the photo, that enlarges what the panel shows without smoothing it.
const MOST_SCREEN_PIXELS = 48; // for one photo pixel; larger says nothing more
const LIFTED = 26; // CSS pixels between a finger and the lens above it

// Screen pixels per photo pixel in a lens, over a panel with `scale` of them.
const lensScale = (scale, factor) => Math.max(scale, Math.min(scale * factor, MOST_SCREEN_PIXELS));
// Where a lens is, {side, left, top} in CSS pixels, over the spot [x, y] of a panel: wholly inside the panel.
function lensPlace({ width, height }, [x, y], lifted) {
  const side = Math.round(clamp(0.42 * Math.min(width, height), 76, 420));
  const start = (v, room) => clamp(v - side / 2, 4, Math.max(4, room - side - 6));
  return { side, left: start(x, width), top: start(lifted ? y - side / 2 - LIFTED : y, height) };
}
// A ring around the spot itself.
function drawRing(ctx, x, y) {
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

class Loupe {
  constructor(panels, factor) {
    Object.assign(this, { panels, factor, on: false, lifted: false });
    this.at = null; // the spot in photo pixels
    for (const panel of panels) {
      const lens = document.createElement('canvas');
      lens.className = 'vw-lens';
      lens.setAttribute('aria-hidden', 'true');
      panel.figure.append(lens);
      Object.assign(panel, { lens, lensPort: new Viewport(lens) });
    }
  }
  get spot() {
    return this.on ? this.at : null;
  }
  toggle(value = !this.on) {
    this.on = value;
    return value;
  }
  // at: a spot in photo pixels, or null. A lens under a finger is lifted above it.
  move(at, touch = false) {
    this.at = at;
    this.lifted = touch;
  }
  open(width, height) {
    this.at = null;
    for (const { lensPort } of this.panels) lensPort.setPhoto(width, height);
  }

  draw() {
    for (const panel of this.panels) {
      const room = panel.figure.getBoundingClientRect();
      const shown = this.spot && panel.painted && room.width > 0;
      panel.lens.style.display = shown ? 'block' : 'none';
      if (shown) this.drawIn(panel, room);
    }
  }
  drawIn({ lens, lensPort, port, paint }, room) {
    const { side, left, top } = lensPlace(room, port.fromPhoto(...this.at), this.lifted);
    Object.assign(lens.style, {
      width: side + 'px',
      height: side + 'px',
      left: left + 'px',
      top: top + 'px',
    });
    if (!lensPort.resize()) return;
    const ctx = lens.getContext('2d');
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, lens.width, lens.height);
    lensPort.magnify(this.at, lensScale(port.scale(), this.factor));
    paint(ctx, lensPort, 1);
    drawRing(ctx, lens.width / 2, lens.height / 2);
  }
  // What the lenses need to be sharp, see looks.js.
  wishes() {
    if (!this.spot) return [];
    const open = this.panels.filter(p => p.painted && p.lens.style.display === 'block');
    return open.slice(0, 1).map(p => ({
      names: open.flatMap(other => other.names()),
      box: p.lensPort.visible(),
      scale: lensScale(p.port.scale(), this.factor),
      room: 1.5,
    }));
  }
}
