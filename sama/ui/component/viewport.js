// A canvas that shows a photo of (width, height) pixels. The view is kept as a zoom relative to "all visible" and a
// centre in fractions of the photo, so canvases of any size and shape can share it.
const DEEPEST = 64;
const clamp = (v, low, high) => Math.min(Math.max(v, low), high);
const ratio = () => window.devicePixelRatio || 1;

class Viewport {
  constructor(canvas) {
    this.canvas = canvas;
    this.view = { zoom: 1, cx: 0.5, cy: 0.5 };
    this.width = this.height = 0;
  }
  get zoomed() {
    return this.view.zoom > 1.001;
  }
  setPhoto(width, height) {
    Object.assign(this, { width, height });
    this.fit();
  }
  fit() {
    Object.assign(this.view, { zoom: 1, cx: 0.5, cy: 0.5 });
  }

  // Matches the drawing buffer to the element; must run before drawing, for instance when a sidebar has moved it.
  resize() {
    const { canvas } = this,
      r = canvas.getBoundingClientRect();
    const w = Math.round(r.width * ratio()),
      h = Math.round(r.height * ratio());
    if (!w || !h) return false;
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    return true;
  }
  // Screen pixels per photo pixel, when all of the photo is visible and now.
  fitScale() {
    return Math.min(this.canvas.width / this.width, this.canvas.height / this.height);
  }
  scale() {
    return this.fitScale() * this.view.zoom;
  }
  // Where the photo's corner is, in screen pixels.
  origin() {
    const { canvas, view, width, height } = this,
      s = this.scale();
    return [canvas.width / 2 - view.cx * width * s, canvas.height / 2 - view.cy * height * s];
  }
  // Enlarged pixels are shown as pixels, from `crisp` screen pixels for each.
  apply(ctx, crisp = 4) {
    const s = this.scale(),
      [ox, oy] = this.origin();
    ctx.setTransform(s, 0, 0, s, ox, oy);
    ctx.imageSmoothingEnabled = s < crisp;
    ctx.imageSmoothingQuality = 'high';
  }
  // The part of the photo that is visible: x0, y0, x1, y1 in its pixels.
  visible() {
    const { canvas, width, height } = this,
      s = this.scale(),
      [ox, oy] = this.origin();
    return [
      clamp(-ox / s, 0, width),
      clamp(-oy / s, 0, height),
      clamp((canvas.width - ox) / s, 0, width),
      clamp((canvas.height - oy) / s, 0, height),
    ];
  }
  // How many photo pixels one CSS pixel covers.
  unit() {
    return ratio() / this.scale();
  }
  toPhoto(clientX, clientY) {
    const r = this.canvas.getBoundingClientRect(),
      s = this.scale(),
      [ox, oy] = this.origin();
    return [((clientX - r.left) * ratio() - ox) / s, ((clientY - r.top) * ratio() - oy) / s];
  }
  // Where a photo pixel is, in CSS pixels from the canvas's corner.
  fromPhoto(x, y) {
    const s = this.scale(),
      [ox, oy] = this.origin();
    return [(ox + x * s) / ratio(), (oy + y * s) / ratio()];
  }

  panBy(dx, dy) {
    const { view } = this,
      s = this.scale() / ratio();
    view.cx = clamp(view.cx - dx / s / this.width, 0, 1);
    view.cy = clamp(view.cy - dy / s / this.height, 0, 1);
    if (!this.zoomed) view.cx = view.cy = 0.5;
  }
  zoomAt(clientX, clientY, factor) {
    const [px, py] = this.toPhoto(clientX, clientY);
    this.view.zoom = clamp(this.view.zoom * factor, 1, DEEPEST);
    const [qx, qy] = this.toPhoto(clientX, clientY);
    const s = this.scale() / ratio();
    this.panBy((qx - px) * s, (qy - py) * s);
  }
  zoomBy(factor) {
    const r = this.canvas.getBoundingClientRect();
    this.zoomAt(r.left + r.width / 2, r.top + r.height / 2, factor);
  }
  // Puts a box of the photo into the middle, `part` of the canvas wide or high.
  show([x0, y0, x1, y1], part) {
    const { canvas, view, width, height } = this;
    const s = part * Math.min(canvas.width / (x1 - x0), canvas.height / (y1 - y0));
    view.zoom = clamp(s / this.fitScale(), 1, DEEPEST);
    const centre = (middle, room, side) => {
      const half = room / this.scale() / side / 2;
      return half > 0.5 ? 0.5 : clamp(middle / side, half, 1 - half);
    };
    view.cx = centre((x0 + x1) / 2, canvas.width, width);
    view.cy = centre((y0 + y1) / 2, canvas.height, height);
  }
  // Puts a spot of the photo into the middle, at so many screen pixels per photo pixel; a loupe does.
  magnify([x, y], scale) {
    Object.assign(this.view, { zoom: scale / this.fitScale(), cx: x / this.width, cy: y / this.height });
  }
}
