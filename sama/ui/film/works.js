// ---- clips ---------------------------------------------------------------------------------------------------------

function say(text) {
  $('status').textContent = text;
}
function bring(fields, text) {
  halt(now.work, now.making);
  play(false);
  now.before = { clip: current().clip, example: current().example };
  change({ clip: null, example: '', ...fields });
  say(text);
  trigger('bring');
}
async function take(file) {
  if (!file) return;
  say(`Uploading ${file.name} ...`);
  const sent = await upload(file).catch(() => null);
  if (!sent?.path) return say(`The upload of ${file.name} failed; try again, or take a smaller file.`);
  bring({ clip: fileData(sent, file.name) }, `Opening ${file.name} ...`);
}
$('file').accept = props.clip_files;
$('file').onchange = e => {
  take(e.target.files[0]);
  e.target.value = '';
};
// A file that falls here is a clip; on the other view it is a photo.
root.addEventListener('dragover', e => e.preventDefault());
root.addEventListener('drop', e => {
  e.preventDefault();
  e.stopPropagation();
  take(e.dataTransfer?.files?.[0]);
});

// ---- following and taking home -------------------------------------------------------------------------------------

$('go').onclick = () => {
  now.work = nameIt();
  now.along = true;
  change({ work: now.work, at: now.at });
  say('Starting ...');
  told();
  trigger('follow');
};
function halt(...names) {
  const halted = names.filter(Boolean);
  if (!halted.length) return;
  change({ halted });
  trigger('halt');
}
$('cancel').onclick = () => halt(now.work);
$('stop').onclick = () => halt(now.making);
for (const { name, title } of props.kinds) {
  const box = document.createElement('label');
  box.innerHTML = '<input type="checkbox"> <span></span>';
  box.querySelector('span').textContent = title;
  Object.assign(box.querySelector('input'), { value: name, checked: name === 'webm' });
  $('kinds').append(box);
}
$('make').onclick = () => {
  now.making = nameIt();
  const files = [...$('kinds').querySelectorAll('input:checked')].map(input => input.value);
  change({ work: now.making, files });
  $('making').textContent = 'Starting ...';
  told();
  trigger('take');
};
function tellLost() {
  $('lost').hidden = !now.lost.length;
  $('lost b').textContent =
    `The object may be lost on ${now.lost.length} frame${now.lost.length === 1 ? '' : 's'}; click it there, then Go.`;
  const buttons = stretches(now.lost.map(each => each.frame)).map(([first, last]) => {
    const button = document.createElement('button');
    Object.assign(button, {
      type: 'button',
      className: 'fm-button',
      textContent: first === last ? `Frame ${first}` : `Frames ${first}–${last}`,
      title: now.lost.find(each => each.frame === first).text,
    });
    button.onclick = () => go(first);
    return button;
  });
  $('lost div').replaceChildren(...buttons);
}
