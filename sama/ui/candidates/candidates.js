const root = element.querySelector('.cd-root'),
  list = element.querySelector('.cd-list'),
  note = element.querySelector('.cd-note');
const mattes = [...element.querySelectorAll('.cd-mattes button')];
const SIDE = 2; // drawing pixels per pixel of a thumbnail's mask
let photo = null;

// Always a new object: a change inside the old one would go unnoticed.
function choose(change) {
  props.value = { seq: -1, index: 0, matte: 'sama', ...props.value, ...change };
  markMatte();
  trigger('input');
}
function markMatte() {
  const { matte = 'sama' } = props.value || {};
  for (const button of mattes) button.setAttribute('aria-pressed', String(button.dataset.matte === matte));
}
function mark(index) {
  for (const [i, button] of [...list.children].entries())
    button.setAttribute('aria-pressed', String(i === index));
}
async function thumbnail(canvas, src) {
  const mask = await loadPicture(src),
    key = photo.key;
  Object.assign(canvas, { width: mask.naturalWidth * SIDE, height: mask.naturalHeight * SIDE });
  const ctx = canvas.getContext('2d'),
    whole = picture => ctx.drawImage(picture, 0, 0, canvas.width, canvas.height);
  if (!photo || photo.key !== key) return;
  whole(mask);
  ctx.globalCompositeOperation = 'source-in';
  whole(photo.preview);
  ctx.globalCompositeOperation = 'source-atop';
  ctx.fillStyle = 'rgb(58 122 254 / .35)';
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.globalCompositeOperation = 'destination-over'; // the rest of the photo, darker
  ctx.fillStyle = 'rgb(12 14 16 / .6)';
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  whole(photo.preview);
}
function show() {
  const offer = props.offer;
  mattes[0].parentElement.hidden = !offer?.trained;
  root.hidden = !offer || !photo || offer.key !== photo.key;
  if (root.hidden) return;
  const held = list.contains(document.activeElement)
    ? [...list.children].indexOf(document.activeElement)
    : -1;
  list.replaceChildren(
    ...offer.items.map(({ src, score }, i) => {
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
      button.setAttribute(
        'aria-label',
        'Candidate ' + (i + 1) + ' of ' + offer.items.length + ', score ' + score.toFixed(2),
      );
      button.append(canvas, text);
      thumbnail(canvas, src);
      return button;
    }),
  );
  mark(offer.chosen);
  if (held >= 0 && list.children[held]) list.children[held].focus();
  note.textContent = offer.items.length > 1 ? 'SAMA refines the chosen one.' : 'A single click gives three.';
}
hear('photo', next => {
  photo = next;
  show();
});
for (const button of mattes) button.onclick = () => choose({ matte: button.dataset.matte });
watch('offer', show);
watch('value', markMatte);
markMatte();
show();
