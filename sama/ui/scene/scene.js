const $ = selector => element.querySelector(selector),
  all = selector => [...element.querySelectorAll(selector)];
const pad = $('.sc-pad'),
  custom = $('.sc-custom input');
const current = () => props.value || props.start;

let shape = [4, 3]; // of the photo
let picture = null; // the accepted background, as the server sent it

// Always a new object: a change inside the old one would go unnoticed.
function put(change) {
  props.value = { ...current(), ...change };
  draw();
  if (!drawnHere(props.value) || 'foreground' in change || 'cutout_from' in change) trigger('input');
}

// ---- drawing -----------------------------------------------------------------------------------------------------

for (const { title, colour } of props.swatches) {
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', className: 'sc-swatch', title });
  button.setAttribute('aria-label', title);
  button.dataset.colour = button.style.background = colour;
  custom.parentElement.before(button);
}
custom.value = props.other_colour;
[$('.sc-blur input').min, $('.sc-blur input').max] = props.blurs;
[$('.sc-scale').min, $('.sc-scale').max] = props.sizes.map(Math.log2);
$('.sc-file input').accept = props.photo_files;

// What a slider stands at, for eyes and for screen readers, which would read its position.
function tell(slider, output, text) {
  slider.setAttribute('aria-valuetext', text);
  output.textContent = text;
}
const WHY = {
  estimated:
    'F is the object\u2019s own colour, worked out without the old background, so no old colour shines through.',
  photo: 'I is the photo as it is: its edges still hold some of the old background.',
  residual: 'The residual says how far these colours miss the photo at the edge; 0 is exact.',
};

function draw() {
  const now = current(),
    plain = now.kind === 'colour';
  const swatches = all('[data-colour]'),
    listed = swatches.some(b => b.dataset.colour === now.colour);
  for (const b of swatches) press(b, plain && b.dataset.colour === now.colour);
  for (const b of all('[data-kind]')) press(b, b.dataset.kind === now.kind);
  for (const b of all('[data-fit]')) press(b, b.dataset.fit === now.fit);
  for (const b of all('[data-foreground]')) press(b, b.dataset.foreground === now.foreground);
  for (const b of all('[data-cutout]')) press(b, b.dataset.cutout === now.cutout_from);
  custom.parentElement.classList.toggle('chosen', plain && !listed);
  custom.parentElement.style.setProperty('--chosen', now.colour);
  $('.sc-blur').hidden = now.kind !== 'blur';
  $('.sc-picture').hidden = now.kind !== 'picture';
  $('.sc-blur input').value = now.blur;
  tell($('.sc-blur input'), $('.sc-blur output'), now.blur.toFixed(1) + ' %');
  $('.sc-scale').value = Math.log2(now.scale); // so that half and double are equally far
  tell($('.sc-scale'), $('.sc-size'), Math.round(100 * now.scale) + ' %');
  $('.sc-why').textContent = WHY[now.foreground] + ' ' + WHY.residual;
  drawPad(pad, shape, picture, now);
  announce('ground', { ...now, shown: picture });
}

// ---- controls ----------------------------------------------------------------------------------------------------

for (const b of all('[data-colour]')) b.onclick = () => put({ kind: 'colour', colour: b.dataset.colour });
for (const b of all('[data-fit]')) b.onclick = () => put({ fit: b.dataset.fit });
for (const b of all('[data-foreground]')) b.onclick = () => put({ foreground: b.dataset.foreground });
for (const b of all('[data-cutout]')) b.onclick = () => put({ cutout_from: b.dataset.cutout });
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

// The next background, or the one before: of those that need no more than a key.
function nextGround(by) {
  const grounds = all('.sc-swatch:not(.sc-custom), [data-kind=blur]');
  if (picture) grounds.push($('[data-kind=picture]'));
  const now = grounds.findIndex(b => b.getAttribute('aria-pressed') === 'true');
  grounds[now < 0 ? 0 : (now + by + grounds.length) % grounds.length].click();
}
onKeys({ g: e => nextGround(e.shiftKey ? -1 : 1) });

padGestures(pad, (...step) => put(shifted(current(), step, props)));

async function take(file) {
  if (!file) return;
  const sent = await upload(file).catch(() => null);
  if (!sent) return;
  props.value = { ...current(), picture: fileData(sent, file.name) };
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
