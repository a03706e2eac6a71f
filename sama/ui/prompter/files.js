// Files on their way to the server: chosen, dropped or pasted. A photo becomes the new value; a session file goes along
// with the present one. `accept(kind, value)` says what was sent, `say` what is happening.
function Files({ input, zone, stage }, { limit, say, accept }) {
  const isSession = file => /\.json$/i.test(file.name) || file.type === 'application/json';
  let local = null; // the photo as the browser has it, so that zooming in needs no download

  async function take(file) {
    if (!file) return;
    if (file.size > limit * 1e6)
      return say({
        text: file.name + ' is larger than ' + limit + ' MB; choose a smaller file.',
        brief: true,
      });
    say({ text: 'Uploading ' + file.name + ' ...' });
    stage.classList.add('busy');
    let sent = null;
    try {
      sent = await upload(file);
    } catch {
      /* told below */
    }
    stage.classList.remove('busy');
    if (!sent?.path)
      return say({
        text: 'The upload of ' + file.name + ' failed; check the connection and try again.',
        brief: true,
      });
    if (isSession(file)) return accept('session', fileData(sent, file.name));
    if (local) URL.revokeObjectURL(local.url);
    local = { path: sent.path, url: URL.createObjectURL(file) };
    accept('upload', fileData(sent, file.name));
  }
  input.onchange = e => {
    take(e.target.files[0]);
    e.target.value = '';
  };
  zone.addEventListener('dragover', e => {
    e.preventDefault();
    stage.classList.add('over');
  });
  zone.addEventListener('dragleave', () => stage.classList.remove('over'));
  zone.addEventListener('drop', e => {
    e.preventDefault();
    stage.classList.remove('over');
    take(e.dataTransfer.files[0]);
  });
  document.addEventListener('paste', e => {
    const file = [...e.clipboardData.items]
      .filter(i => i.kind === 'file')
      .map(i => i.getAsFile())
      .find(Boolean);
    if (file) take(file);
  });
  // Where the browser finds the file itself; null when it came from the server, as an example does.
  return { urlOf: path => (local && local.path === path ? local.url : null) };
}
