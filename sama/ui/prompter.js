const $ = selector => element.querySelector(selector);
const stage = $('.pr-stage'), canvas = $('.pr-canvas'), ctx = canvas.getContext('2d');
const port = Viewport(canvas);
const EMPTY = { image: null, points: [], boxes: [], seq: 0 };
const current = () => props.value || EMPTY;

let photo = null;      // {key, width, height, picture}: what the server has accepted
let overlay = null;    // the newest mask, announced by the viewer
let label = 1;         // what a plain click means: 1 keep, 0 remove
let gesture = null;    // what the pressed pointer is doing
let pinch = null;
let spaceHeld = false;
let localUrl = null;   // the file as the browser has it, so that zooming in needs no download
let fallback = null;   // the value to return to when the server refuses an upload
let past = [], future = [];
const pointers = new Map();

// ---- value and history -------------------------------------------------------------------------------------------

const snapshot = () => ({ points: current().points, boxes: current().boxes });
const locked = () => !photo || photo.key !== (current().image || {}).path;

function put({ points, boxes }) {
  // Always a new object: a change inside the old one would go unnoticed.
  props.value = { image: current().image, points, boxes, seq: (current().seq || 0) + 1 };
  draw();
  trigger('input');
}
function commit(next) { past.push(snapshot()); future = []; put(next); }
function travel(from, to) { if (!from.length || locked()) return; to.push(snapshot()); put(from.pop()); }
const undo = () => travel(past, future), redo = () => travel(future, past);
function clear() {
  const { points, boxes } = current();
  if (!locked() && points.length + boxes.length) commit({ points: [], boxes: [] });
}
const replaced = (list, index, item) => list.map((old, i) => (i === index ? item : old));

const tenth = v => Math.round(v * 10) / 10;
const within = ([x, y]) => [tenth(Math.min(Math.max(x, 0), photo.width)), tenth(Math.min(Math.max(y, 0), photo.height))];
const isInside = ([x, y]) => x >= 0 && y >= 0 && x <= photo.width && y <= photo.height;
const boxOf = (a, b) => {
  const [p, q] = [within(a), within(b)];
  return [Math.min(p[0], q[0]), Math.min(p[1], q[1]), Math.max(p[0], q[0]), Math.max(p[1], q[1])];
};

// ---- drawing -----------------------------------------------------------------------------------------------------

const colour = name => getComputedStyle(element).getPropertyValue('--studio-' + name).trim();

function draw() {
  if (!port.resize()) return;
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, canvas.width, canvas.height);
  $('.pr-empty').style.display = photo ? 'none' : '';
  stage.classList.toggle('busy', !!photo && locked());
  const { points, boxes } = gesture && gesture.preview ? gesture.preview : current();
  $('.pr-undo').disabled = !past.length;
  $('.pr-redo').disabled = !future.length;
  $('.pr-clear').disabled = !points.length && !boxes.length;
  $('.pr-zoom').textContent = Math.round(port.view.zoom * 100) + ' %';
  if (!photo) return;
  port.apply(ctx);
  ctx.drawImage(photo.picture, 0, 0, photo.width, photo.height);
  if (overlay) {
    ctx.globalAlpha = 0.34;
    ctx.drawImage(overlay, 0, 0, photo.width, photo.height);
    ctx.globalAlpha = 1;
  }
  if (locked()) return;   // the prompts already belong to another photo
  const unit = port.unit();
  for (const b of boxes) drawBox(ctx, b, unit);
  for (const p of points) drawPoint(ctx, p, unit, colour(p[2] ? 'keep' : 'drop'));
}

// ---- pointer -----------------------------------------------------------------------------------------------------

function handleUnder(e) {
  const reach = (e.pointerType === 'touch' ? 20 : 10) * port.unit();
  return handleAt(port.toPhoto(e.clientX, e.clientY), current(), reach);
}
function moved({ handle }, at) {
  const { points, boxes } = current();
  if (handle.kind === 'point')
    return { points: replaced(points, handle.index, [...within(at), points[handle.index][2]]), boxes };
  return { points, boxes: replaced(boxes, handle.index, boxOf(handle.fixed, at)) };
}
const hasArea = b => b[2] > b[0] && b[3] > b[1];

canvas.addEventListener('pointerdown', e => {
  stage.focus({ preventScroll: true });
  if (locked()) return;
  canvas.setPointerCapture(e.pointerId);
  pointers.set(e.pointerId, e);
  if (pointers.size === 2) { gesture = null; pinch = spread(); draw(); return; }
  const pan = e.button === 1 || spaceHeld || e.altKey;
  gesture = {
    start: port.toPhoto(e.clientX, e.clientY), x: e.clientX, y: e.clientY, pan, far: false, preview: null,
    handle: pan || e.button === 2 ? null : handleUnder(e),
    label: e.button === 2 || e.shiftKey || e.ctrlKey ? 0 : label,
  };
  if (e.button === 1) e.preventDefault();
});
canvas.addEventListener('pointermove', e => {
  if (pointers.has(e.pointerId)) pointers.set(e.pointerId, e);
  if (pinch && pointers.size === 2) return movePinch();
  if (!gesture) { stage.classList.toggle('grip', !locked() && !!handleUnder(e)); return; }
  const g = gesture;
  if (g.pan) {
    port.panBy(e.clientX - g.x, e.clientY - g.y);
    Object.assign(g, { x: e.clientX, y: e.clientY });
    return showView();
  }
  g.far = g.far || Math.hypot(e.clientX - g.x, e.clientY - g.y) > (e.pointerType === 'touch' ? 10 : 5);
  if (!g.far) return;
  const at = port.toPhoto(e.clientX, e.clientY), { points, boxes } = current();
  g.preview = g.handle ? moved(g, at) : { points, boxes: [...boxes, boxOf(g.start, at)] };
  draw();
});
canvas.addEventListener('pointerup', e => {
  pointers.delete(e.pointerId);
  if (pinch) { if (!pointers.size) pinch = null; gesture = null; return; }
  const g = gesture;
  gesture = null;
  if (!g || g.pan || locked()) return draw();
  const { points, boxes } = current();
  if (g.preview) {
    if (g.preview.boxes.every(hasArea)) commit(g.preview); else draw();
  } else if (!g.handle && isInside(g.start)) {
    commit({ points: [...points, [...within(g.start), g.label]], boxes });
  }
});
canvas.addEventListener('pointercancel', e => { pointers.delete(e.pointerId); gesture = pinch = null; draw(); });
canvas.addEventListener('contextmenu', e => e.preventDefault());

function spread() {
  const [a, b] = [...pointers.values()];
  return { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2,
    d: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) };
}
function movePinch() {
  const now = spread();
  port.panBy(now.x - pinch.x, now.y - pinch.y);
  port.zoomAt(now.x, now.y, now.d / pinch.d);
  pinch = now;
  showView();
}
canvas.addEventListener('wheel', e => {
  if (!photo) return;
  e.preventDefault();
  port.zoomAt(e.clientX, e.clientY, Math.exp(-e.deltaY * 0.0015));
  showView();
}, { passive: false });

// ---- view --------------------------------------------------------------------------------------------------------

function showView() { draw(); announce('view', { ...port.view, from: 'prompter' }); }
hear('view', view => { if (view.from === 'prompter') return; const { zoom, cx, cy } = view; Object.assign(port.view, { zoom, cx, cy }); draw(); });
hear('mask', detail => { overlay = photo && detail.key === photo.key ? detail.picture : null; draw(); });
function fit() { port.fit(); showView(); }

// ---- keyboard and buttons ----------------------------------------------------------------------------------------

function setLabel(value) {
  label = value;
  $('.pr-keep').setAttribute('aria-pressed', String(value === 1));
  $('.pr-drop').setAttribute('aria-pressed', String(value === 0));
}
$('.pr-keep').onclick = () => setLabel(1);
$('.pr-drop').onclick = () => setLabel(0);
$('.pr-undo').onclick = undo;
$('.pr-redo').onclick = redo;
$('.pr-clear').onclick = clear;
$('.pr-zoom').onclick = fit;

const KEYS = { n: () => setLabel(1 - label), escape: clear, 0: fit };
document.addEventListener('keydown', e => {
  if (e.target.closest('input, textarea, select, [contenteditable=true]')) return;
  const key = e.key.toLowerCase(), command = e.ctrlKey || e.metaKey;
  if (key === ' ' && stage.contains(document.activeElement)) { spaceHeld = true; stage.classList.add('panning'); }
  else if (command && key === 'z') (e.shiftKey ? redo : undo)();
  else if (command && key === 'y') redo();
  else if (!command && !e.altKey && KEYS[key]) KEYS[key]();
  else return;
  e.preventDefault();
});
document.addEventListener('keyup', e => { if (e.key === ' ') { spaceHeld = false; stage.classList.remove('panning'); } });

// ---- status ------------------------------------------------------------------------------------------------------

let statusTimer = 0;
function say(status) {
  clearTimeout(statusTimer);
  const text = (status && status.text) || '';
  if (text) $('.pr-status span').textContent = text;
  $('.pr-status').classList.toggle('on', !!text);
  const working = text && status.total && status.done < status.total;
  $('.pr-progress div').style.width = working ? (100 * (status.done + 0.35)) / status.total + '%' : '0';
  if (text && status.brief) statusTimer = setTimeout(() => $('.pr-status').classList.remove('on'), 2500);
}

// ---- photos ------------------------------------------------------------------------------------------------------

async function take(file) {
  if (!file) return;
  if (file.size > props.max_megabytes * 1e6)
    return say({ text: file.name + ' is larger than ' + props.max_megabytes + ' MB; choose a smaller file.', brief: true });
  say({ text: 'Uploading ' + file.name + ' ...' });
  stage.classList.add('busy');
  let sent;
  try { sent = await upload(file); } catch (error) {
    say({ text: 'The upload of ' + file.name + ' failed; check the connection and try again.', brief: true });
    return draw();
  }
  if (localUrl) URL.revokeObjectURL(localUrl.url);
  localUrl = { path: sent.path, url: URL.createObjectURL(file) };
  const image = { path: sent.path, url: sent.url, orig_name: file.name, meta: { _type: 'gradio.FileData' } };
  fallback = locked() ? fallback : props.value;
  props.value = { image, points: [], boxes: [], seq: (current().seq || 0) + 1 };
  draw();
  trigger('upload');
}
$('.pr-file').onchange = e => { take(e.target.files[0]); e.target.value = ''; };
element.addEventListener('dragover', e => { e.preventDefault(); stage.classList.add('over'); });
element.addEventListener('dragleave', () => stage.classList.remove('over'));
element.addEventListener('drop', e => { e.preventDefault(); stage.classList.remove('over'); take(e.dataTransfer.files[0]); });
document.addEventListener('paste', e => {
  const file = [...e.clipboardData.items].filter(i => i.kind === 'file').map(i => i.getAsFile()).find(Boolean);
  if (file) take(file);
});

async function accept() {
  const next = props.photo;
  if (!next) { photo = null; overlay = null; return draw(); }
  if (photo && photo.key === next.key) return draw();
  mark(next.example);
  const picture = await loadPicture(next.preview);
  if (props.photo.key !== next.key) return;
  photo = { key: next.key, width: next.width, height: next.height, preview: picture, picture };
  past = []; future = []; overlay = null;
  port.setPhoto(photo.width, photo.height);
  announce('photo', photo);
  draw();
  sharpen(photo);
}
// Shows the file itself instead of the preview where the browser decodes it to the same upright size.
async function sharpen(shown) {
  const url = localUrl && localUrl.path === shown.key ? localUrl.url : (current().image || {}).url;
  const preview = Math.max(shown.preview.naturalWidth, shown.preview.naturalHeight);
  if (!url || preview >= Math.max(shown.width, shown.height)) return;
  const picture = await loadPicture(url).catch(() => null);
  if (photo !== shown || !picture || picture.naturalWidth !== shown.width || picture.naturalHeight !== shown.height) return;
  photo.picture = picture;
  draw();
}

// ---- examples ----------------------------------------------------------------------------------------------------

function mark(name) {
  for (const b of element.querySelectorAll('.pr-examples button')) b.setAttribute('aria-pressed', String(b.dataset.name === name));
}
for (const { name, title, thumb } of props.examples || []) {
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', title, onclick: () => trigger('example', { name }) });
  button.dataset.name = name;
  const picture = new Image();
  Object.assign(picture, { src: thumb, alt: 'Example: ' + title });
  button.append(picture);
  $('.pr-examples').append(button);
}

watch('value', draw);
watch('photo', accept);
watch('refused', () => {
  if (props.refused && props.refused.path === (current().image || {}).path) props.value = fallback || EMPTY;
  say(null);
  draw();
});
watch('status', () => say(props.status));
new ResizeObserver(draw).observe(stage);
accept();
