const $ = selector => element.querySelector(selector);
const grid = $('.vw-grid');
const PANELS = ['sam', 'sama', 'alpha', 'composite'];
const EXPAND = '<svg viewBox="0 0 20 20"><path d="M12 4h4v4M8 16H4v-4M16 4l-5 5M4 16l5-5"/></svg>';

let photo = null;       // announced by the prompter
let pictures = {};      // the pictures of the panels
let shown = { key: null, seq: -1 };
let plain = false;      // masks alone, without the photo

const panels = PANELS.map(name => {
  const figure = $('[data-panel=' + name + ']'), canvas = document.createElement('canvas');
  const wait = document.createElement('div'), big = document.createElement('button');
  wait.className = 'vw-wait';
  const title = figure.querySelector('b').textContent;
  Object.assign(big, { className: 'vw-big', type: 'button', innerHTML: EXPAND, title: 'Show only this panel, or all four again' });
  big.setAttribute('aria-label', 'Enlarge ' + title);
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', title);
  figure.append(canvas, wait, big);
  const port = Viewport(canvas);
  big.onclick = () => {
    const solo = grid.classList.toggle('solo');
    for (const other of panels) other.figure.classList.toggle('chosen', solo && other.name === name);
    draw();
  };
  return { name, figure, canvas, port, wait };
});

// ---- drawing -----------------------------------------------------------------------------------------------------

// A scratch canvas with one flat colour inside the mask, or outside of it.
const scratch = document.createElement('canvas');
function flat(mask, colour, operation = 'source-in') {
  scratch.width = mask.naturalWidth;
  scratch.height = mask.naturalHeight;
  const c = scratch.getContext('2d');
  c.drawImage(mask, 0, 0);
  c.globalCompositeOperation = operation;
  c.fillStyle = colour;
  c.fillRect(0, 0, scratch.width, scratch.height);
  return scratch;
}
const around = (mask, colour) => flat(mask, colour, 'source-out');
function paint({ name, canvas, port, wait }) {
  if (!port.resize()) return;
  const ctx = canvas.getContext('2d'), picture = pictures[name];
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, canvas.width, canvas.height);
  wait.textContent = picture ? '' : waiting(name);
  if (!photo || !picture) return;
  port.apply(ctx);
  const whole = p => ctx.drawImage(p, 0, 0, photo.width, photo.height);
  if (name === 'alpha' || name === 'composite') return whole(picture);
  if (plain) {
    ctx.fillStyle = '#000';
    ctx.fillRect(0, 0, photo.width, photo.height);
    return whole(flat(picture, '#fff'));
  }
  whole(photo.preview);
  ctx.globalAlpha = 0.66;
  whole(around(picture, '#0c0e10'));
  ctx.globalAlpha = 0.38;
  whole(picture);
  ctx.globalAlpha = 1;
}
function waiting(name) {
  if (!photo) return '';
  if (!pictures.sam) return name === 'sam' ? 'Click the object or draw a box around it.' : '';
  return name === 'composite' && pictures.alpha ? 'Estimating colours ...' : 'Waiting for the local views ...';
}
function draw() { panels.forEach(paint); grid.classList.toggle('zoomed', panels[0].port.zoomed); }

// ---- what the server sends ---------------------------------------------------------------------------------------

const stale = next => !photo || next.key !== photo.key || next.key === shown.key && next.seq < shown.seq;

async function showLayers() {
  const next = props.layers;
  if (!next) return clear();
  if (stale(next)) return;
  const names = PANELS.filter(name => next[name]);
  const loaded = await Promise.all(names.map(name => loadPicture(next[name])));
  if (stale(next)) return;
  const newer = next.key !== shown.key || next.seq > shown.seq;
  // SAM's early answer must not take away SAMA's answer to the same prompts.
  if (!newer && pictures.alpha && !next.alpha) return;
  shown = { key: next.key, seq: next.seq };
  const composite = next.alpha ? pictures.composite : null;   // the old one stays until the new one is there
  pictures = Object.fromEntries(names.map((name, i) => [name, loaded[i]]));
  if (composite) pictures.composite = composite;
  $('.vw-note').textContent = next.score === undefined ? '' : "SAM's own estimate of IoU: " + next.score.toFixed(2);
  announce('mask', { key: next.key, picture: pictures.sama || pictures.sam });
  draw();
}
async function showComposite() {
  const next = props.composite;
  if (!next || stale(next)) return;
  const picture = await loadPicture(next.src);
  if (stale(next) || next.seq !== shown.seq || !pictures.alpha) return;
  pictures.composite = picture;
  draw();
  element.dataset.seq = next.seq;
}
function clear() {
  pictures = {};
  shown = { key: null, seq: -1 };
  $('.vw-note').textContent = '';
  delete element.dataset.seq;
  announce('mask', { key: null });
  draw();
}

// ---- view --------------------------------------------------------------------------------------------------------

function share(view) {
  for (const { port } of panels) Object.assign(port.view, { zoom: view.zoom, cx: view.cx, cy: view.cy });
  draw();
}
function change(port) { share(port.view); announce('view', { ...port.view, from: 'viewer' }); }

for (const { canvas, port } of panels) {
  const pointers = new Map();
  canvas.addEventListener('wheel', e => {
    if (!photo) return;
    e.preventDefault();
    port.zoomAt(e.clientX, e.clientY, Math.exp(-e.deltaY * 0.0015));
    change(port);
  }, { passive: false });
  canvas.addEventListener('pointerdown', e => { pointers.set(e.pointerId, e); if (port.zoomed) canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener('pointermove', e => {
    const before = pointers.get(e.pointerId);
    if (!photo || !before || !port.zoomed) return;
    pointers.set(e.pointerId, e);
    port.panBy(e.clientX - before.clientX, e.clientY - before.clientY);
    change(port);
  });
  for (const end of ['pointerup', 'pointercancel', 'pointerleave']) canvas.addEventListener(end, e => pointers.delete(e.pointerId));
  canvas.addEventListener('dblclick', e => {
    if (!photo) return;
    if (port.zoomed) port.fit(); else port.zoomAt(e.clientX, e.clientY, 4);
    change(port);
  });
}
function setPlain(value) {
  plain = value;
  $('.vw-overlay').setAttribute('aria-pressed', String(!value));
  $('.vw-plain').setAttribute('aria-pressed', String(value));
  draw();
}
$('.vw-overlay').onclick = () => setPlain(false);
$('.vw-plain').onclick = () => setPlain(true);

hear('view', view => { if (view.from !== 'viewer') share(view); });
hear('photo', next => {
  photo = next;
  for (const { port } of panels) port.setPhoto(photo.width, photo.height);
  clear();
  showLayers();
  showComposite();
});
watch('layers', showLayers);
watch('composite', showComposite);
new ResizeObserver(draw).observe(grid);
draw();
