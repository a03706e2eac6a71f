const $ = name => element.querySelector('.lb-' + name);
const root = $('root');
const current = () => props.value || props.start;
const partOf = name => $(name).closest('.lb-part');

let photo = null; // {key}: the open one
let answer = null; // {key, seq, matte} on the panels
let chosen = null; // whose error was asked for; else that of the matte on the panels
let running = 0; // number of the race that is on

const busy = (name, on) => partOf(name).classList.toggle('busy', on);
const change = fields => {
  props.value = { ...current(), ...fields };
};
const truth = () => (photo && current().truth_for === photo.key ? current().truth : null);
function ask(what, part) {
  if (!photo) return;
  if (part) busy(part, true);
  trigger(what);
}

// ---- by the truth --------------------------------------------------------------------------------------------------

const table = Table($('table'), props.measures, row => {
  chosen = row.name;
  showTable(true);
});
function measure() {
  if (!root.open || !truth() || !answer) return;
  busy('table', true);
  trigger('measure');
}
function showTable(open) {
  const { rows = [] } = props.table || {};
  const seen = rows.find(row => row.name === (chosen || answer?.matte)) || rows.find(row => row.error);
  table.show(rows, seen?.name);
  $('legend').hidden = !seen;
  if (seen?.error)
    announce('map', { key: props.table.key, src: seen.error, title: 'Error of ' + seen.label, open });
}
function showTruth() {
  const file = truth();
  $('name').textContent = file ? file.orig_name || 'a mask' : '';
  $('forget').hidden = !file;
  $('race').disabled = !file;
  if (file) return;
  table.show([]);
  $('legend').hidden = true;
}
function setTruth(file, key) {
  if (!$('stop').hidden) {
    trigger('stop'); // it runs to another truth
    running += 1;
    setRunning(false);
  }
  change({ truth: file, truth_for: key });
  curves.clear();
  showTruth();
  measure();
}
async function take(file) {
  if (!file || !photo) return;
  const { key } = photo;
  $('name').textContent = `Uploading ${file.name} ...`;
  const sent = await upload(file).catch(() => null);
  if (photo?.key !== key) return;
  if (sent?.path) return setTruth(fileData(sent, file.name), key);
  $('name').textContent = `The upload of ${file.name} failed; try again.`;
}
$('truth').onchange = e => {
  take(e.target.files[0]);
  e.target.value = '';
};
$('forget').onclick = () => setTruth(null, '');
$('slow').onchange = e => {
  change({ slow: e.target.checked });
  measure();
};
// A file that falls here is the truth; elsewhere on the page it is a photo, or a prompt.
root.addEventListener('drop', e => {
  root.classList.remove('over');
  const [file] = e.dataTransfer?.files || [];
  if (!file || !root.open) return;
  e.preventDefault();
  e.stopPropagation();
  take(file);
});
root.addEventListener('dragover', () => root.classList.toggle('over', root.open));
root.addEventListener('dragleave', () => root.classList.remove('over'));
hear('truth', ({ key, file }) => {
  if (key !== photo?.key) return;
  root.open = true;
  setTruth(file, key);
});
for (const [name, colour] of Object.entries(props.error_colours))
  $(`legend .${name}`).style.background = colour;

// ---- the race ------------------------------------------------------------------------------------------------------

const curves = Curves($('curves'), $('keys'), { levels: props.levels, colours: props.curve_colours });
function setRunning(on) {
  $('stop').hidden = !on;
  $('race').disabled = on || !truth();
}
$('race').onclick = () => {
  setRunning(true);
  trigger('race');
};
$('stop').onclick = () => trigger('stop');

// ---- the other parts -----------------------------------------------------------------------------------------------

const doubt = Doubt(partOf('sure'), { key: () => photo?.key, ask: () => ask('unsure', 'sure') });
const vote = Vote(partOf('ballot'), {
  labels: props.labels,
  ask: () => ask('ballot', 'ballot'),
  vote: what => trigger('vote', what),
  votes: () => current().votes,
  add: each => change({ votes: [...current().votes, each].slice(-props.most_votes) }),
});
const inside = Inside(partOf('inside'));
$('inside').onclick = () => ask('look_inside', 'inside');
onKeys({ u: () => doubt.next() }, () => root.open && !!answer);

// ---- what happens elsewhere on the page ----------------------------------------------------------------------------

// What was said of the answer before.
function forget() {
  for (const each of [doubt, vote, inside]) each.clear();
}
hear('photo', next => {
  photo = { key: next.key };
  answer = chosen = null;
  props.table = null;
  forget();
  curves.clear();
  setRunning(false);
  showTruth();
});
hear('answer', next => {
  if (answer?.key !== next.key || answer.seq !== next.seq) forget();
  answer = next;
  measure();
});
hear('mask', ({ key }) => {
  if (key) return;
  answer = null;
  props.table = null;
  forget();
  showTable(false);
  busy('table', false);
});
root.addEventListener('toggle', measure);

// ---- what the server sends -----------------------------------------------------------------------------------------

const here = next => !!next && next.key === photo?.key;
const belongs = next => here(next) && next.seq === answer?.seq;
watch('table', () => {
  const next = props.table;
  if (!here(next)) return;
  if (next.refused) {
    busy('table', false);
    return setTruth(null, '');
  }
  if (!belongs(next)) return;
  busy('table', !next.done);
  showTable(false);
  const size = next.small
    ? ` Measured at ${next.size.join(' × ')} pixels, as the photo has more than ${next.small} million.`
    : '';
  const hard = next.hard
    ? ' The truth is a mask without anything between, which tells little of soft edges.'
    : '';
  $('how').textContent = 'Every method is measured by the truth after every click.' + hard + size;
});
watch('race_state', () => {
  const next = props.race_state;
  if (!here(next) || next.number < running) return;
  running = next.number;
  setRunning(!next.done);
  curves.show(next);
});
const parts = { doubt: ['sure', next => doubt.show(next)], inside: ['inside', next => inside.show(next)] };
for (const [name, [part, show]] of Object.entries(parts))
  watch(name, () => {
    busy(part, false);
    if (belongs(props[name])) show(props[name]);
  });
watch('pair', () => {
  busy('ballot', false);
  if (here(props.pair)) vote.open(props.pair);
});
watch('voted', () => {
  if (props.voted) vote.told(props.voted);
});
watch('brought', () => {
  change({ votes: props.brought });
  vote.show();
});
watch('failed', () => {
  for (const part of ['table', 'sure', 'ballot', 'inside']) busy(part, false);
  setRunning(false);
});
curves.clear();
showTruth();
vote.show();
