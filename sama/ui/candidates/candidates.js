const root = element.querySelector('.cd-root'),
  list = element.querySelector('.cd-list'),
  note = element.querySelector('.cd-note'),
  mattes = element.querySelector('.cd-mattes'),
  haze = element.querySelector('.cd-haze');
const DENSITY = 2; // drawing pixels per pixel of a thumbnail's mask
const OWN = 'own'; // the matte that a photo with transparency brings along
let photo = null;

// Always a new object: a change inside the old one would go unnoticed.
function choose(change) {
  props.value = { ...props.start, ...props.value, ...change };
  markMatte();
  trigger('input');
}
function markMatte() {
  const { matte, keep_haze } = props.value || props.start;
  for (const button of mattes.children) press(button, button.dataset.matte === matte);
  press(haze, keep_haze);
}
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
      choose({ seq: props.offer.seq, index: i });
    },
    title: "SAM's own estimate of the IoU: " + score.toFixed(2),
  });
  button.setAttribute('aria-label', `Candidate ${i + 1} of ${length}, score ${score.toFixed(2)}`);
  button.append(canvas, text);
  thumbnail(canvas, src);
  return button;
}
function show() {
  const offer = props.offer;
  mattes.hidden = !(offer?.trained || photo?.transparent);
  for (const button of mattes.children) if (button.dataset.matte === OWN) button.hidden = !photo?.transparent;
  root.hidden = !offer || !photo || offer.key !== photo.key;
  if (root.hidden) return;
  const held = [...list.children].indexOf(document.activeElement);
  list.replaceChildren(...offer.items.map(candidate));
  mark(offer.chosen);
  list.children[held]?.focus();
  note.textContent = offer.items.length > 1 ? 'SAMA refines the chosen one.' : 'A single click gives three.';
}

// ---- mattes ------------------------------------------------------------------------------------------------------

for (const { name, label, note: title } of props.methods) {
  const button = document.createElement('button');
  Object.assign(button, {
    type: 'button',
    textContent: label,
    title,
    onclick: () => choose({ matte: name }),
  });
  button.dataset.matte = name;
  mattes.append(button);
}
haze.onclick = () => choose({ keep_haze: !(props.value || props.start).keep_haze });

hear('photo', next => {
  photo = next;
  // What no other photo offers does not stay chosen.
  if (!photo.transparent && props.value?.matte === OWN)
    props.value = { ...props.value, matte: props.start.matte };
  show();
});
hear('matte', ({ name, quiet }) => {
  if (!quiet) return choose({ matte: name });
  props.value = { ...props.start, ...props.value, matte: name }; // the prompter asks
  markMatte();
});
watch('offer', show);
watch('value', markMatte);
markMatte();
show();
