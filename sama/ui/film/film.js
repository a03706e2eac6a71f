const $ = name => element.querySelector('.fm-' + name);
const root = $('root');
const KEPT = 900; // frames that are kept here
const SEEN = 24; // decoded pictures

// reel: the open clip; at: the frame that is seen, shown: the one that is drawn; changes: marks before each change;
// label: of a plain click; work, making: the names of what is being followed and written; playing: the timer; lost: a
// list of {frame, text}; along: whether the newest frame of a work is shown; before: the clip that was open when another
// was asked for.
const now = {
  reel: null,
  at: 0,
  shown: -1,
  changes: [],
  label: 1,
  work: null,
  making: null,
  begun: false,
  playing: 0,
  lost: [],
  along: false,
  before: {},
};
const store = new FrameStore(KEPT);
const done = new Set();
const pictures = new Map(); // decoded, by frame
const current = () => props.value || props.start;
// Always a new object: a change inside the old one would go unnoticed.
const change = fields => {
  props.value = { ...current(), ...fields };
};
const nameIt = () => crypto.randomUUID?.() ?? String(Math.random());

const stage = FilmStage($('canvas'), {
  mark: () => marksOn(current().marks, now.at),
  label: () => now.label,
  commit: mark => put(withMarks(current().marks, mark)),
});
const panels = FilmPanels($('grid'), {
  titles: props.titles,
  checks: props.checks,
  picked(share) {
    if (!now.reel) return;
    change({ row: Math.min(Math.floor(share * now.reel.height), now.reel.height - 1), at: now.at });
    trigger('strip');
  },
});
const time = TimeLine($('at'), $('marks'), { moved: index => go(index) });

// ---- marks ---------------------------------------------------------------------------------------------------------

function put(marks) {
  now.changes.push(current().marks);
  change({ marks });
  told();
}
function undo() {
  if (!now.changes.length) return;
  change({ marks: now.changes.pop() });
  told();
}
function setLabel(next) {
  now.label = next;
  press($('keep'), now.label === 1);
  press($('drop'), now.label === 0);
}
$('keep').onclick = () => setLabel(1);
$('drop').onclick = () => setLabel(0);
$('undo').onclick = undo;
$('clear').onclick = () => put(withMarks(current().marks, { frame: now.at, order: [] }));

// ---- what is seen --------------------------------------------------------------------------------------------------

function told() {
  const { marks, start, end } = current(),
    frames = now.reel?.frames || 1;
  time.show({ frames, marks, start, end: end ?? frames - 1, done, lost: now.lost.map(each => each.frame) });
  $('where').textContent = now.reel
    ? `${now.at} of ${frames - 1} · ${clockOf(now.at, now.reel.rate)} · ${start}–${end ?? frames - 1}`
    : '';
  const busy = !!now.work;
  $('go').hidden = busy;
  $('cancel').hidden = !busy;
  $('go').disabled = !now.reel || !marks.length;
  $('undo').disabled = !now.changes.length;
  $('make').hidden = !!now.making;
  $('make').disabled = !done.size;
  $('stop').hidden = !now.making;
  for (const name of ['play', 'in', 'out', 'clear']) $(name).disabled = !now.reel;
  stage.draw();
}
async function decode(item) {
  const known = pictures.get(item.index);
  if (known?.item === item) return known;
  const [photo, sam, sama, cut] = await Promise.all(
    [item.src, item.sam, item.sama, item.cut].map(src => (src ? loadPicture(src) : null)),
  );
  const found = { item, photo, sam, sama, cut };
  pictures.delete(item.index);
  pictures.set(item.index, found);
  while (pictures.size > SEEN) pictures.delete(pictures.keys().next().value);
  return found;
}
async function show() {
  const item = store.get(now.at);
  if (!item) return;
  const index = now.at,
    found = await decode(item);
  if (index !== now.at) return;
  now.shown = index;
  stage.show(found.photo);
  panels.show(found);
  root.dataset.shown = index;
  root.dataset.found = String(!!item.cut);
}
const complete = index => store.get(index) && (!done.has(index) || store.get(index).cut);
function fetchFrame() {
  change({ at: now.at });
  trigger('seek');
}
function go(index, mine = true) {
  if (mine) now.along = false;
  now.at = clamp(index, 0, (now.reel?.frames || 1) - 1);
  time.at(now.at);
  told();
  if (!now.reel) return;
  if (complete(now.at)) show();
  else fetchFrame();
}
function play(on) {
  clearTimeout(now.playing);
  now.playing = 0;
  press($('play'), on);
  if (!on) return;
  const { start, end } = current(),
    last = end ?? now.reel.frames - 1;
  const step = () => {
    // The next one when this one is on the screen: what is not here yet is waited for.
    if (now.shown === now.at) go(now.at >= last ? start : now.at + 1);
    now.playing = setTimeout(step, 1000 / (now.reel.rate || 25));
  };
  now.playing = setTimeout(step, 0);
}
$('play').onclick = () => play(!now.playing);
$('in').onclick = () => {
  const { end } = current();
  change({ start: now.at, end: end !== null && end < now.at ? null : end });
  told();
};
$('out').onclick = () => {
  change({ end: now.at, start: Math.min(current().start, now.at) });
  told();
};
