// ---- what the server sends -----------------------------------------------------------------------------------------

watch('offered', () => {
  const { missing, examples } = props.offered || {};
  $('missing').textContent = missing || '';
  $('missing').hidden = !missing;
  $('all').hidden = !!missing;
  $('clips').replaceChildren(
    ...(examples || []).map(({ name, title, thumb }) => {
      const button = document.createElement('button');
      Object.assign(button, { type: 'button', title });
      button.append(Object.assign(new Image(), { src: thumb, alt: title }));
      button.onclick = () => bring({ example: name }, `Opening ${title} ...`);
      return button;
    }),
  );
});
watch('reel', () => {
  now.reel = props.reel;
  store.clear();
  pictures.clear();
  done.clear();
  [now.at, now.shown, now.changes, now.lost] = [0, -1, [], []];
  now.work = now.making = null;
  change({ marks: [], at: 0, start: 0, end: null, row: 0 });
  if (!now.reel) return;
  root.classList.add('open');
  stage.open(now.reel.width, now.reel.height);
  say(
    `${now.reel.name}: ${now.reel.width} × ${now.reel.height}, ${now.reel.frames} frames, ${now.reel.rate} a second`,
  );
  $('notes').textContent = now.reel.notes.join('; ');
  tellLost();
  time.at(0);
  $('strip').hidden = true;
  told();
});
watch('refused', () => {
  change(now.before);
  say('');
});
const here = next => !!next && next.key === now.reel?.key;
watch('frame', () => {
  const next = props.frame;
  if (!here(next)) return;
  store.put(next.item);
  if (next.item.index === now.at) show();
});
watch('news', () => {
  const next = props.news;
  if (!here(next)) return;
  if (next.begun != null && root.dataset.work !== next.work) {
    // The first news of this work: what came after is being redone.
    root.dataset.work = next.work;
    for (const index of [...done]) if (index >= next.begun) done.delete(index);
    now.lost = now.lost.filter(each => each.frame < next.begun);
    store.forget(next.begun);
  }
  for (const item of next.items || []) {
    store.put(item);
    done.add(item.index);
    if (item.lost) now.lost.push({ frame: item.index, text: item.lost });
  }
  if (next.lost) now.lost = next.lost;
  if (next.done) {
    done.clear();
    for (let n = next.done[0]; n <= next.done[1]; n += 1) done.add(n);
  }
  if (next.work === now.work) {
    say(
      next.failed ||
        (next.over && next.text ? `Done: ${next.text.replace(/, \d+ s left$/, '')}` : next.text || ''),
    );
    $('done').hidden = next.over;
    $('done').value = next.share || 0;
    if (next.over) now.work = null;
    const newest = next.items?.at(-1)?.index;
    if (newest != null && now.along) go(newest, false);
  }
  tellLost();
  told();
  if (next.over && now.reel && !complete(now.at)) fetchFrame();
  if (next.over && done.size) {
    change({ at: now.at, row: current().row || Math.floor(now.reel.height / 2) });
    trigger('strip');
  }
});
watch('strip_shown', () => {
  const next = props.strip_shown;
  $('strip').hidden = !here(next);
  if (!here(next)) return;
  $('strip img').src = next.src;
  $('strip figcaption').textContent =
    `Alpha of row ${next.row}, frames ${next.from} to ${next.from + next.count - 1} from left to right; flicker shows as ragged edges. Click a row of the matte for another.`;
});
watch('making', () => {
  const next = props.making;
  if (!next || next.work !== now.making) return;
  $('making').textContent = next.text;
  if (next.over) now.making = null;
  told();
});

// ---- the view ------------------------------------------------------------------------------------------------------

hear('ground', ground => panels.ground(ground));
function open(on) {
  document.body.classList.toggle('film', on);
  root.hidden = !on;
  for (const button of document.querySelectorAll('[data-view]'))
    press(button, (button.dataset.view === 'video') === on);
  if (!on) return play(false);
  if (!now.begun) trigger('begin');
  now.begun = true;
  told();
}
document.addEventListener('click', e => {
  const button = e.target.closest?.('[data-view]');
  if (button) open(button.dataset.view === 'video');
});
const KEYS = {
  ' ': () => now.reel && play(!now.playing),
  i: () => $('in').click(),
  o: () => $('out').click(),
  ArrowLeft: () => go(now.at - 1),
  ArrowRight: () => go(now.at + 1),
};
// The other view's keys mean nothing here.
window.addEventListener(
  'keydown',
  e => {
    if (root.hidden || e.target.closest?.('#scene') || isTyping(e.target)) return;
    e.stopPropagation();
    if (isCommand(e) && keyOf(e) === 'z') {
      e.preventDefault();
      return undo();
    }
    const onSlider = e.target.matches?.('input[type=range], input[type=checkbox]');
    if (isCommand(e) || e.altKey || onSlider || isOperating(e.target)) return;
    const action = KEYS[keyOf(e)];
    if (!action) return;
    e.preventDefault();
    action();
  },
  true,
);
setLabel(1);
told();
