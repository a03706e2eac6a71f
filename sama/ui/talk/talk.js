const $ = selector => element.querySelector(selector);
const examples = props.scenes || [];
let own = [], // the speaker's photos with their marks: {key, title, image, points, boxes}
  scenes = examples;
const TYPING =
  'textarea, select, [contenteditable=true], input:not([type=range], [type=color], [type=checkbox], [type=file])';
let on = false,
  number = 0;

function setTalk(value) {
  on = value;
  if (on) noteOpen('talk', () => setTalk(false));
  else noteClosed('talk');
  document.body.classList.toggle('talk', on);
  $('.tk-bar').hidden = !on;
  $('.tk-switch').setAttribute('aria-pressed', String(on));
  window.dispatchEvent(new Event('resize'));
  name();
  if (on) trigger('input'); // the server encodes what is not encoded yet
}
function name() {
  $('.tk-scene').textContent = number ? number + '  ' + scenes[number - 1].title : 'Talk mode';
}
function open(next) {
  if (!scenes[next - 1]) return;
  number = next;
  name();
  const scene = scenes[next - 1];
  if (scene.image) announce('scene', scene);
  else trigger('example', { name: scene.name });
}
const step = by =>
  scenes.length && open((((number || (by > 0 ? 0 : 1)) - 1 + by + scenes.length) % scenes.length) + 1);
// Presenters' remote controls send Page Down and Page Up.
onKeys({ PageDown: () => step(1), PageUp: () => step(-1) }, () => on);

// The speaker's scenes come before the examples, in the order in which they were kept; one photo is one scene.
function setOwn(next) {
  own = next;
  scenes = [...own, ...examples];
}
function find(photo) {
  number =
    scenes.findIndex(scene => (scene.image ? scene.key === photo.key : scene.name === photo.example)) + 1;
  $('.tk-forget').hidden = !scenes[number - 1]?.image;
  name();
}
let photo = null;
$('.tk-keep').onclick = () =>
  announce('scene-wanted', scene => {
    const titled = { ...scene, title: examples.find(e => e.name === photo?.example)?.title || scene.title };
    const at = own.findIndex(({ key }) => key === scene.key);
    setOwn(at < 0 ? [...own, titled] : own.map((old, i) => (i === at ? titled : old)));
    find(photo);
    $('.tk-progress').textContent = 'Kept as scene ' + number;
  });
$('.tk-forget').onclick = () => {
  setOwn(own.filter(({ key }) => key !== photo?.key));
  find(photo);
};
$('.tk-switch').onclick = () => setTalk(!on);

// In talk mode these keys mean something else than on the rest of the page, so they are caught on their way down.
document.addEventListener(
  'keydown',
  e => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest(TYPING)) return;
    if (keyOf(e) === 't') setTalk(!on);
    else if (on && digitOf(e)) open(Number(digitOf(e)) || 10);
    else return;
    e.preventDefault();
    e.stopImmediatePropagation();
  },
  true,
);

hear('photo', next => {
  photo = next;
  find(photo);
});
watch('progress', () => {
  $('.tk-progress').textContent = props.progress ? props.progress.text : '';
});
if (new URLSearchParams(location.search).get('talk') === '1') setTalk(true);
