const buttons = [...element.querySelectorAll('.ac-do')];
const count = element.querySelector('.ac-count'),
  said = element.querySelector('.ac-said');
let busy = false;

function setBusy(on) {
  busy = on;
  for (const button of buttons) button.disabled = on;
}
// One at a time: an answer must not be accepted for the photo that comes after it.
function ask(what) {
  const button = buttons.find(each => each.dataset.what === what);
  if (busy || !button || button.hidden) return false;
  setBusy(true);
  said.textContent = what === 'accept' ? 'Writing ...' : '';
  trigger('input', { what });
}
for (const button of buttons) {
  button.hidden = !props.reviewing && button.dataset.what !== 'accept';
  button.onclick = () => ask(button.dataset.what);
}
const keys = Object.entries(props.doings).map(([key, what]) => [key, () => ask(what)]);
onKeys(Object.fromEntries(keys), () => !document.body.classList.contains('talk'));

watch('said', () => {
  if (!props.said) return;
  said.textContent = props.said.text;
  setBusy(false);
});
watch('place', () => {
  const { place } = props;
  count.hidden = !place;
  if (place)
    count.textContent = place.number + ' of ' + place.total + (place.became ? ', ' + place.became : '');
});
