// How files come onto the page: chosen, dropped anywhere, or pasted. `take(files)` gets a list, `say` what is no file.
const carriesFiles = e => [...(e.dataTransfer?.types || [])].includes('Files');
// A file that falls beside the photo would replace the page; so every drop is taken, but words into a text field.
const isForField = e => isTyping(e.target) && !carriesFiles(e);

// What is in a drop: its files, and the names of folders, of which a page sees only the name.
function contentsOf({ items, files }) {
  const entries = [...(items || [])].filter(i => i.kind === 'file').map(i => i.webkitGetAsEntry?.());
  const folders = entries.filter(entry => entry?.isDirectory).map(({ name }) => name);
  return { files: [...(files || [])].filter(file => !folders.includes(file.name)), folders };
}

function arriving({ input, stage }, { take, say }) {
  input.multiple = true;
  input.onchange = e => {
    take([...e.target.files]);
    e.target.value = '';
  };
  document.addEventListener('dragover', e => {
    if (isForField(e)) return;
    e.preventDefault();
    stage.classList.add('over');
  });
  document.addEventListener('dragleave', e => {
    if (!e.relatedTarget) stage.classList.remove('over');
  });
  document.addEventListener('drop', e => {
    stage.classList.remove('over');
    if (isForField(e)) return;
    e.preventDefault();
    if (!e.dataTransfer) return;
    const { files, folders } = contentsOf(e.dataTransfer);
    if (files.length) take(files);
    else if (folders.length)
      say({ text: folders.join(', ') + ' is a folder; drop the photos in it instead.', brief: 6000 });
    else if (e.dataTransfer.types.length)
      say({ text: 'That is no file; save the picture first, then drop its file.', brief: 6000 });
  });
  document.addEventListener('paste', e => {
    const files = [...(e.clipboardData?.items || [])]
      .filter(i => i.kind === 'file')
      .map(i => i.getAsFile())
      .filter(Boolean);
    if (files.length && !isTyping(e.target)) take(files);
  });
}
