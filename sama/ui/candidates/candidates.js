const root = element.querySelector('.cd-root'),
  list = element.querySelector('.cd-list'),
  note = element.querySelector('.cd-note'),
  mattes = element.querySelector('.cd-mattes'),
  haze = element.querySelector('.cd-haze'),
  about = element.querySelector('.cd-grey span'),
  opaque = element.querySelector('.cd-opaque');
const DENSITY = 2; // drawing pixels per pixel of a thumbnail's mask
const OWN = 'own'; // the matte that a photo with transparency brings along
let photo = null;
let before = null; // the matte chosen for all photos, while this one's is chosen for it alone
const current = () => props.value || props.start;

// Always a new object: a change inside the old one would go unnoticed.
function choose(change) {
  props.value = { ...current(), ...change };
  markMatte();
  trigger('input');
}
// That an object is solid is said of this photo's object; any other matte is a taste, and stays.
function chooseMatte(name) {
  const { matte, matte_for } = current();
  if (!matte_for) before = matte;
  choose({ matte: name, matte_for: name === props.opaque && photo ? photo.key : '' });
}
// What was said of another photo does not count; the server knows that, too.
function forgetOthers() {
  const { matte_for } = current();
  if (!matte_for || !photo || matte_for === photo.key) return;
  props.value = { ...current(), matte: before || props.start.matte, matte_for: '' };
}
function markMatte() {
  const { matte: wished, keep_haze } = current();
  const [first] = props.methods;
  const matte = props.methods.some(({ name }) => name === wished) ? wished : first?.name;
  for (const button of mattes.children) press(button, button.dataset.matte === matte);
  press(haze, keep_haze);
  // Asked only of the matte that is chosen: another one is on its way.
  const grey = !!props.offer?.grey && matte !== props.opaque;
  opaque.hidden = !grey;
  const { note: words } = props.methods.find(({ name }) => name === matte) || {};
  const plain = matte === first?.name ? 'White is kept, black is not, grey shines through.' : words || '';
  about.textContent = grey ? 'The matte is grey inside.' : capital(plain);
}
const capital = text => text.charAt(0).toUpperCase() + text.slice(1);
function mark(index) {
  for (const [i, button] of [...list.children].entries()) press(button, i === index);
}

// ---- candidates --------------------------------------------------------------------------------------------------

async function thumbnail(canvas, src) {
  const mask = await loadPicture(src),
    key = photo.key;
  Object.assign(canvas, { width: mask.naturalWidth * DENSITY, height: mask.naturalHeight * DENSITY });
  const ctx = canvas.getContext('2d'),
    whole = picture => ctx.drawImage(picture, 0, 0, canvas.width, canvas.height),
    fill = style => {
      ctx.fillStyle = style;
      ctx.fillRect(0, 0, canvas.width, canvas.height);
    };
  if (!photo || photo.key !== key) return;
  whole(mask);
  ctx.globalCompositeOperation = 'source-in';
  whole(photo.preview);
  ctx.globalCompositeOperation = 'source-atop';
  fill(faded(colourOf(element, 'sam'), 0.35));
  ctx.globalCompositeOperation = 'destination-over'; // the rest of the photo, darker
  fill(faded(colourOf(element, 'shade'), 0.6));
  whole(photo.preview);
}
function candidate({ src, score }, i, { length }) {
  const button = document.createElement('button'),
    canvas = document.createElement('canvas'),
    text = document.createElement('b');
  text.textContent = score.toFixed(2);
  Object.assign(button, {
    type: 'button',
    onclick: () => {
      mark(i);
      const { seq, object, several } = props.offer;
      if (several) return announce('candidate', { object, index: i });
      announce('chosen', { seq, index: i });
      choose({ seq, index: i });
    },
    title: "SAM's own estimate of the IoU: " + score.toFixed(2),
  });
  button.setAttribute('aria-label', `Candidate ${i + 1} of ${length}, score ${score.toFixed(2)}`);
  button.append(canvas, text);
  thumbnail(canvas, src);
  return button;
}
function show() {
  const offer = props.offer,
    own = !!photo?.transparent;
  const choices = props.methods.filter(({ name }) => own || name !== OWN);
  mattes.hidden = about.hidden = !!offer && choices.length < 2;
  for (const button of mattes.children) if (button.dataset.matte === OWN) button.hidden = !own;
  root.hidden = !offer || !photo || offer.key !== photo.key;
  if (root.hidden) return;
  const held = [...list.children].indexOf(document.activeElement);
  list.replaceChildren(...offer.items.map(candidate));
  // A late answer to an earlier choice does not move the mark from what has been chosen since.
  const { seq, index } = current();
  mark(seq === offer.seq ? index : offer.chosen);
  list.children[held]?.focus();
  note.textContent =
    offer.items.length > 1
      ? 'SAMA refines the chosen one; numbers are SAM\u2019s own guess, 1 is best.'
      : 'A single click gives three. The number is SAM\u2019s own guess, 1 is best.';
  markMatte();
}

// ---- mattes ------------------------------------------------------------------------------------------------------

for (const { name, label, note: title } of props.methods) {
  const button = document.createElement('button');
  Object.assign(button, {
    type: 'button',
    textContent: label,
    title,
    onclick: () => chooseMatte(name),
  });
  button.dataset.matte = name;
  mattes.append(button);
}
haze.onclick = () => choose({ keep_haze: !current().keep_haze });

opaque.onclick = () => chooseMatte(props.opaque);

hear('photo', next => {
  photo = next;
  // What no other photo offers does not stay chosen.
  if (!photo.transparent && props.value?.matte === OWN)
    props.value = { ...props.value, matte: props.start.matte, matte_for: '' };
  root.style.setProperty('--aspect', clamp(photo.width / photo.height, 0.4, 1.8));
  forgetOthers();
  show();
});
hear('matte', ({ name, quiet }) => {
  if (!quiet) return chooseMatte(name);
  props.value = { ...current(), matte: name, matte_for: '' }; // the prompter asks
  markMatte();
});
watch('offer', show);
watch('value', () => {
  markMatte();
  const { seq, index } = current();
  if (seq === props.offer?.seq) mark(index);
});
markMatte();
show();
