const $ = selector => element.querySelector(selector);
const scenes = props.scenes || [];
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
  trigger('example', { name: scenes[next - 1].name });
}
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

hear('photo', photo => {
  number = scenes.findIndex(scene => scene.name === photo.example) + 1;
  name();
});
watch('progress', () => {
  $('.tk-progress').textContent = props.progress ? props.progress.text : '';
});
if (new URLSearchParams(location.search).get('talk') === '1') setTalk(true);
