// What the components share beside their canvases' geometry.

// ---- pictures and colours ------------------------------------------------------------------------------------------

function loadPicture(src) {
  return new Promise((resolve, reject) => {
    const picture = new Image();
    picture.onload = () => resolve(picture);
    picture.onerror = () => reject(new Error('not a picture'));
    picture.src = src;
  });
}

// The photo itself costs a browser a second to decode; its preview is drawn where that holds as much as the screen.
const sharpEnough = (photo, scale) =>
  scale > (1.1 * photo.preview.naturalWidth) / photo.width ? photo.picture : photo.preview;

// A colour of the page by its name in Python.
const colourOf = (element, name) =>
  getComputedStyle(element)
    .getPropertyValue('--studio-' + name)
    .trim();
// "#rrggbb" with an opacity from 0 to 1.
function faded(colour, opacity) {
  const channels = [1, 3, 5].map(i => Number.parseInt(colour.slice(i, i + 2), 16));
  return `rgb(${channels.join(' ')} / ${opacity})`;
}

// Whether the page itself draws a background, or the server has to paint it.
const drawnHere = ({ kind }) => kind === 'colour' || kind === 'transparent';

// ---- controls ------------------------------------------------------------------------------------------------------

const press = (button, on) => button.setAttribute('aria-pressed', String(on));
// Steps of the arrow keys: right and down.
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
// The factor by which a wheel enlarges.
const wheelFactor = e => Math.exp(-e.deltaY * 0.0015);
// The middle of two fingers and their distance, for the pressed pointers by their id.
function spread(pointers) {
  const [a, b] = [...pointers.values()];
  return {
    x: (a.clientX + b.clientX) / 2,
    y: (a.clientY + b.clientY) / 2,
    d: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
  };
}

// ---- what goes to the server and to other components ---------------------------------------------------------------

// An uploaded file as Gradio wants it in a value; sent: what `upload` returned.
const fileData = ({ path, url }, name) => ({
  path,
  url,
  orig_name: name,
  meta: { _type: 'gradio.FileData' },
});

// The components of one page tell each other what they show.
const announce = (name, detail) => document.dispatchEvent(new CustomEvent('sama:' + name, { detail }));
const hear = (name, handler) => document.addEventListener('sama:' + name, e => handler(e.detail));
