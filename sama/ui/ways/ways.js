const list = element.querySelector('.wy-list'),
  said = element.querySelector('.wy-said');
const RESULTS = 'viewer';
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
const buttons = Object.fromEntries(
  props.ways.map(({ name, to }) => {
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', textContent: name });
    button.onclick = () =>
      document
        .getElementById(to)
        ?.scrollIntoView({ behavior: calm.matches ? 'auto' : 'smooth', block: 'start' });
    list.append(button);
    return [to, button];
  }),
);

// Which parts are in sight, and how much of the screen each takes.
const seen = new Map();
function news(on) {
  buttons[RESULTS].classList.toggle('news', on);
  said.textContent = on ? 'Results are ready, further down.' : '';
}
function mark() {
  const most = [...seen].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0])[0];
  for (const [to, button] of Object.entries(buttons))
    button.setAttribute('aria-current', String(to === most));
  if (seen.get(RESULTS) > ENOUGH_SEEN) news(false);
}
const ENOUGH_SEEN = 100; // CSS pixels of the results' height
const watcher = new IntersectionObserver(
  changes => {
    for (const { target, intersectionRect } of changes) seen.set(target.id, intersectionRect.height);
    mark();
  },
  { threshold: [0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1] },
);
// The parts are on the page somewhat later than this bar.
function watchParts() {
  const parts = Object.keys(buttons).map(to => document.getElementById(to));
  if (!parts.every(Boolean)) return setTimeout(watchParts, 200);
  for (const part of parts) watcher.observe(part);
}
watchParts();
hear('mask', ({ picture }) => {
  if (!picture) news(false);
  else if (!(seen.get(RESULTS) > ENOUGH_SEEN)) news(true);
});
