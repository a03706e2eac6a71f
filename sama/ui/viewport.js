// A canvas that shows a photo of (width, height) pixels. The view is kept as a zoom relative to "all visible" and a
// centre in fractions of the photo, so canvases of any size and shape can share it.
function Viewport(canvas) {
  const view = { zoom: 1, cx: 0.5, cy: 0.5 };
  let width = 0, height = 0;
  const ratio = () => window.devicePixelRatio || 1;
  const clamp = (v, low, high) => Math.min(Math.max(v, low), high);

  return {
    view,
    get zoomed() { return view.zoom > 1.001; },
    setPhoto(w, h) { width = w; height = h; this.fit(); },
    fit() { Object.assign(view, { zoom: 1, cx: 0.5, cy: 0.5 }); },

    // Matches the drawing buffer to the element; must run before drawing, for instance when a sidebar has moved it.
    resize() {
      const r = canvas.getBoundingClientRect();
      const w = Math.round(r.width * ratio()), h = Math.round(r.height * ratio());
      if (!w || !h) return false;
      if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
      return true;
    },
    scale() { return Math.min(canvas.width / width, canvas.height / height) * view.zoom; },
    origin() {
      const s = this.scale();
      return [canvas.width / 2 - view.cx * width * s, canvas.height / 2 - view.cy * height * s];
    },
    apply(ctx) {
      const s = this.scale(), [ox, oy] = this.origin();
      ctx.setTransform(s, 0, 0, s, ox, oy);
      ctx.imageSmoothingEnabled = s < 4;
      ctx.imageSmoothingQuality = 'high';
    },
    // How many photo pixels one CSS pixel covers.
    unit() { return ratio() / this.scale(); },
    toPhoto(clientX, clientY) {
      const r = canvas.getBoundingClientRect(), s = this.scale(), [ox, oy] = this.origin();
      return [((clientX - r.left) * ratio() - ox) / s, ((clientY - r.top) * ratio() - oy) / s];
    },
    panBy(dx, dy) {
      const s = this.scale() / ratio();
      view.cx = clamp(view.cx - dx / s / width, 0, 1);
      view.cy = clamp(view.cy - dy / s / height, 0, 1);
      if (!this.zoomed) view.cx = view.cy = 0.5;
    },
    zoomAt(clientX, clientY, factor) {
      const [px, py] = this.toPhoto(clientX, clientY);
      view.zoom = clamp(view.zoom * factor, 1, 40);
      const [qx, qy] = this.toPhoto(clientX, clientY);
      const s = this.scale() / ratio();
      this.panBy((qx - px) * s, (qy - py) * s);
    },
  };
}

function loadPicture(src) {
  return new Promise((resolve, reject) => {
    const picture = new Image();
    picture.onload = () => resolve(picture);
    picture.onerror = () => reject(new Error('not a picture'));
    picture.src = src;
  });
}

// The components of one page tell each other what they show.
const announce = (name, detail) => document.dispatchEvent(new CustomEvent('sama:' + name, { detail }));
const hear = (name, handler) => document.addEventListener('sama:' + name, e => handler(e.detail));
