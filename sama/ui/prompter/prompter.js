const $ = selector => element.querySelector(selector);
const stage = $('.pr-stage'),
  canvas = $('.pr-canvas'),
  ctx = canvas.getContext('2d');
const port = new Viewport(canvas);
const current = () => props.value || props.start;

let photo = null; // {key, width, height, picture}: what the server has accepted
let side = current().side; // pixels of its longer side on the viewer's panels, announced by the viewer
let fallback = null; // the value to return to when the server refuses an upload
let replacing = null; // the marks that a session, or what words find, is about to replace
let dropped = null; // the marks that an upload replaces if it is a mask of the photo
let cleared = false; // with the newest change, all marks were taken away

// ---- value -------------------------------------------------------------------------------------------------------

const marks = () => wholeMarks(current());
const locked = () => !photo || photo.key !== current().image?.path;

// A mask, and the list of objects, stay where nothing is said of them.
function put(next) {
  const { image, seq, selected, view } = current(),
    after = list.after(next);
  // Always a new object: a change inside the old one would go unnoticed.
  props.value = { ...after, order: orderOf(after), image, seq: (seq || 0) + 1, side, selected, view };
  cleared = false;
  list.show();
  brush.show();
  glance.forget();
  draw();
  remember();
  trigger('input');
}
const history = History({ marks, put, locked });
const isMarked = () => {
  const { points, boxes, strokes = [], mask } = current();
  return points.length + boxes.length + strokes.length > 0 || !!mask;
};
function clear() {
  if (locked() || !isMarked()) return;
  history.commit({ points: [], boxes: [], strokes: [], mask: null });
  cleared = true;
  say(CLEARED);
}

const hand = Hand($('.pr-move'), stage);
const tools = {
  photo: () => photo,
  marks,
  locked,
  label: () => label,
  panning: () => spaceHeld,
  hand: () => hand.on,
  commit: history.commit.bind(history),
  value: current,
  // What is shown of the marks; quiet: nobody is asked yet.
  change(fields, quiet) {
    props.value = { ...current(), ...fields };
    if (!quiet) put(marks());
  },
  draw: () => draw(),
  show: () => showView(),
  say: text => {
    $('.pr-unseen').textContent = text;
  },
  handle: () => pointing.handle,
  brush: () => brush,
  marked: isMarked,
  whole: () => list.marks,
  tell: text => say({ text, brief: 6000 }),
  // Whether nothing is being drawn, and no answer is under way.
  idle: () =>
    !pointing.gesture &&
    !pointing.pinch &&
    !pointing.handle &&
    !brush.on &&
    label === 1 &&
    answered(current()),
  // Whether a click that keeps is meant for what was found.
  pick: spot => every.pick(spot),
};
const list = new ObjectList($('.pr-objects'), tools, props);
const every = new Everything(
  { place: $('.pr-every'), button: $('.pr-find'), canvas, stage, port },
  tools,
  trigger,
  props,
);
const overlay = Overlay(tools);
const pointing = new Pointing({ canvas, port, stage }, tools);
const crosshair = new Crosshair({ stage, port }, tools);
const { brush, glance, answered } = Painting($, { stage, canvas, port }, tools, { isMarked, list, trigger });

// ---- view --------------------------------------------------------------------------------------------------------

function showView() {
  draw();
  announce('view', { ...port.view, from: 'prompter' });
}
hear('view', view => {
  if (view.from === 'prompter') return;
  const { zoom, cx, cy } = view;
  Object.assign(port.view, { zoom, cx, cy });
  draw();
});
hear('panel', detail => {
  side = detail.side;
});
function fit() {
  port.fit();
  showView();
}

// ---- photos and sessions -----------------------------------------------------------------------------------------

const say = Status($('.pr-status'), $('.pr-progress div'));
$('.pr-file').accept = props.photo_files + ',.json';
const keep = Keep();
const files = Files(
  { row: $('.pr-row'), stage, heard: $('.pr-unseen') },
  { limit: props.max_megabytes, say, accept: sent, marks, keep },
);
arriving({ input: $('.pr-file'), stage }, { take: files.take, say });
const mark = Examples($('.pr-examples'), props.examples || [], name => {
  files.leave();
  trigger('example', { name });
});
const sharp = Sharp(wanted => trigger('sharpen', wanted));

const collected = Collect($('.pr-collect'), files.marked);
watch('collected', () => collected(props.collected));

// Only the greeting itself is not worth keeping.
function remember() {
  if (locked() || (photo.example && !history.undoable && !keep.something)) return;
  keep.marks({ ...current(), session: null });
}
window.addEventListener('beforeunload', e => {
  if (files.lost() || (!keep.able && photo && !photo.example && isMarked())) e.preventDefault();
});

function sent(kind, file, known, own) {
  if (kind === 'session') {
    say({ text: 'Reading ' + file.orig_name + ' ...', brief: true });
    replacing = marks();
    props.value = { ...current(), session: file };
  } else {
    keep.coming(file.path, own);
    return open({ image: file, points: [], boxes: [], ...known });
  }
  draw();
  trigger(kind);
}
function open(next) {
  if (!locked()) [fallback, dropped] = [props.value, marks()];
  replacing = null;
  props.value = { ...next, seq: (current().seq || 0) + 1, side };
  draw();
  trigger('upload');
}
Scenes(() => (locked() ? null : { key: photo.key, ...current() }), open);
let greeted = false;
async function show() {
  const next = props.photo;
  if (!next) {
    photo = null;
    overlay.forget();
    return draw();
  }
  if (photo && photo.key === next.key) return draw();
  mark(next.example);
  const picture = await loadPicture(next.preview);
  if (props.photo.key !== next.key) return;
  const { key, width, height, example, transparent } = next;
  photo = { key, width, height, preview: picture, picture, example, transparent };
  keep.arrived(photo.key);
  dropped = null;
  history.forget();
  crosshair.hide();
  brush.cancel();
  glance.forget();
  overlay.forget();
  list.forget();
  every.close();
  port.setPhoto(photo.width, photo.height);
  cleared = false;
  $('.pr-own').hidden = !photo.transparent;
  sharp.open(photo);
  brush.show();
  announce('photo', photo);
  list.show();
  every.show();
  draw();
  remember();
  files.shown();
  if (!greeted) files.again(!photo.example);
  greeted = true;
}
Own($('.pr-own'), tools, isMarked);
Truth($('.pr-truth'), tools, history);
hear('spot', ({ at }) => crosshair.go(at));
hear('mark', ({ at, label: meant }) => history.commit(withPoint(marks(), [...at, meant])));
watch('value', () => {
  if (replacing) history.note(replacing); // undo brings back what was marked before the session
  if (dropped && current().mask && !locked()) {
    history.note(dropped);
    dropped = null;
    files.masked();
    say(props.status); // which may be the one from before the upload, and so no news
  }
  replacing = null;
  list.show();
  brush.show();
  draw();
  remember();
});
watch('glance', () => glance.arrived(props.glance));
watch('found', () => {
  list.arrived(props.found);
  every.answered(props.found?.seq);
});
watch('everything', () => every.arrived(props.everything));
hear('replacing', () => {
  replacing = marks();
});
hear('candidate', ({ object, index }) => list.choose(object, index));
watch('photo', show);
watch('sharp', async () => {
  if (await sharp.arrived(props.sharp, photo, current().image?.url)) draw();
});
watch('refused', () => {
  files.refused();
  if (props.refused && props.refused.path === current().image?.path) {
    props.value = fallback || props.start;
    dropped = null;
  }
  say(null);
  draw();
});
// That the marks are gone is to be read before that the photo is ready.
watch('status', () => say(cleared && props.status?.brief ? CLEARED : props.status));
new ResizeObserver(draw).observe(stage);
show();
