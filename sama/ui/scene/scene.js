const $ = selector => element.querySelector(selector),
  all = selector => [...element.querySelectorAll(selector)];
const pad = $('.sc-pad'),
  custom = $('.sc-custom input');
const START = {
  kind: 'transparent',
  colour: '#ffffff',
  fit: 'cover',
  x: 0,
  y: 0,
  scale: 1,
  blur: 1.5,
  foreground: 'estimated',
  picture: null,
};
const current = () => props.value || START;
const SIZES = [0.25, 4],
  STEP = 0.02;

let shape = [4, 3]; // of the photo
let picture = null; // the accepted background, as the server sent it
let grip = null; // the pressed pointer on the pad
const pointers = new Map();

// Always a new object: a change inside the old one would go unnoticed.
function put(change) {
  props.value = { ...current(), ...change };
  draw();
  trigger('input');
}

// ---- drawing -----------------------------------------------------------------------------------------------------

const press = (button, on) => button.setAttribute('aria-pressed', String(on));

function draw() {
  const now = current(),
    plain = now.kind === 'colour';
  const swatches = all('[data-colour]'),
    listed = swatches.some(b => b.dataset.colour === now.colour);
  for (const b of swatches) press(b, plain && b.dataset.colour === now.colour);
  for (const b of all('[data-kind]')) press(b, b.dataset.kind === now.kind);
  for (const b of all('[data-fit]')) press(b, b.dataset.fit === now.fit);
  for (const b of all('[data-foreground]')) press(b, b.dataset.foreground === now.foreground);
  custom.parentElement.classList.toggle('chosen', plain && !listed);
  custom.parentElement.style.setProperty('--chosen', now.colour);
  $('.sc-blur').hidden = now.kind !== 'blur';
  $('.sc-picture').hidden = now.kind !== 'picture';
  $('.sc-blur input').value = now.blur;
  $('.sc-blur output').textContent = now.blur.toFixed(1) + ' %';
  $('.sc-scale').value = Math.log2(now.scale);
  drawPad(now);
}
function drawPad({ fit, x, y, scale }) {
  const height = 64,
    width = Math.min(Math.max((height * shape[0]) / shape[1], 36), 150);
  Object.assign(pad.style, { width: width + 'px' });
  Object.assign(pad, { width: width * ratio(), height: height * ratio() });
  if (!picture) return;
  const ratios = [pad.width / picture.naturalWidth, pad.height / picture.naturalHeight];
  const s = scale * (fit === 'cover' ? Math.max(...ratios) : Math.min(...ratios));
  const w = picture.naturalWidth * s,
    h = picture.naturalHeight * s;
  pad
    .getContext('2d')
    .drawImage(picture, pad.width * (0.5 + x) - w / 2, pad.height * (0.5 + y) - h / 2, w, h);
}

// ---- controls ----------------------------------------------------------------------------------------------------

for (const b of all('[data-colour]')) b.onclick = () => put({ kind: 'colour', colour: b.dataset.colour });
for (const b of all('[data-fit]')) b.onclick = () => put({ fit: b.dataset.fit });
for (const b of all('[data-foreground]')) b.onclick = () => put({ foreground: b.dataset.foreground });
for (const b of all('[data-kind]'))
  b.onclick = () => {
    if (b.dataset.kind === 'picture' && !picture) return $('.sc-file input').click();
    put({ kind: b.dataset.kind });
  };
custom.oninput = () => put({ kind: 'colour', colour: custom.value });
custom.onclick = () => put({ kind: 'colour', colour: custom.value });
$('.sc-blur input').oninput = e => put({ blur: Number(e.target.value) });
$('.sc-scale').oninput = e => put({ scale: 2 ** Number(e.target.value) });
$('.sc-centre').onclick = () => put({ x: 0, y: 0, scale: 1 });

const inside = (v, limits) => clamp(v, ...limits);
const move = (dx, dy, factor = 1) =>
  put({
    x: inside(current().x + dx, [-1, 1]),
    y: inside(current().y + dy, [-1, 1]),
    scale: inside(current().scale * factor, SIZES),
  });
const spread = () => {
  const [a, b] = [...pointers.values()];
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
};

pad.addEventListener('pointerdown', e => {
  pad.setPointerCapture(e.pointerId);
  pointers.set(e.pointerId, e);
  grip = { x: e.clientX, y: e.clientY, spread: pointers.size === 2 && spread() };
});
pad.addEventListener('pointermove', e => {
  if (!pointers.has(e.pointerId)) return;
  pointers.set(e.pointerId, e);
  if (pointers.size === 2) {
    const now = spread();
    if (grip.spread) move(0, 0, now / grip.spread);
    grip.spread = now;
  } else if (pointers.size === 1) {
    move((e.clientX - grip.x) / pad.clientWidth, (e.clientY - grip.y) / pad.clientHeight);
    Object.assign(grip, { x: e.clientX, y: e.clientY });
  }
});
for (const end of ['pointerup', 'pointercancel'])
  pad.addEventListener(end, e => {
    pointers.delete(e.pointerId);
    const [left] = pointers.values();
    if (left) grip = { x: left.clientX, y: left.clientY };
  });
pad.addEventListener(
  'wheel',
  e => {
    e.preventDefault();
    move(0, 0, Math.exp(-e.deltaY * 0.0015));
  },
  { passive: false },
);
const KEYS = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
  '+': [0, 0, 1.1],
  '=': [0, 0, 1.1],
  '-': [0, 0, 1 / 1.1],
};
pad.addEventListener('keydown', e => {
  if (!KEYS[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
  e.preventDefault();
  move(...KEYS[e.key]);
});

async function take(file) {
  if (!file) return;
  const sent = await upload(file).catch(() => null);
  if (!sent) return;
  const image = { path: sent.path, url: sent.url, orig_name: file.name, meta: { _type: 'gradio.FileData' } };
  props.value = { ...current(), picture: image };
  trigger('upload');
}
$('.sc-file input').onchange = e => {
  take(e.target.files[0]);
  e.target.value = '';
};

// ---- what the server sends ---------------------------------------------------------------------------------------

watch('accepted', async () => {
  if (!props.accepted) return;
  picture = await loadPicture(props.accepted.src);
  draw();
});
watch('residual', () => {
  const found = props.residual;
  $('.sc-residual').hidden = !found;
  if (!found) return;
  $('.sc-residual b').textContent = found.mean.toFixed(1);
  $('.sc-residual img').src = found.src;
});
hear('photo', photo => {
  shape = [photo.width, photo.height];
  draw();
});
watch('value', draw);
draw();
