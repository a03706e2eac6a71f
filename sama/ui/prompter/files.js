// Files on their way to the server. A photo becomes the new value; a session file goes along with the present one; of
// several photos one is opened, and the others wait in a row. `accept(kind, value, marks, file)` says what was sent,
// `say` what is happening; marks() are the present ones. heard: what a screen reader tells; keep: see keep.js.
const isSession = file => /\.json$/i.test(file.name) || file.type === 'application/json';
const openingFirst = count => `Opening the first of ${count} photos; the others wait below the photo ...`;
const namesOf = files => files.map(({ name }) => name).join(', ');

// What is in a drop: its pictures, the one session if it is clear to which photo it belongs, else what is left out.
function sorted(files) {
  const pictures = files.filter(file => !isSession(file)),
    sessions = files.filter(isSession);
  if (!sessions.length || (sessions.length === 1 && pictures.length < 2))
    return { pictures, session: sessions[0] || null };
  const rule = 'A session belongs to one photo; open that, then drop the session.';
  return { pictures, session: null, left: `Left out: ${namesOf(sessions)}. ${rule}` };
}

function Files({ row, stage, heard }, { limit, say, accept, marks, keep }) {
  let newest = null; // the upload under way: one that has been overtaken is dropped
  let waiting = null; // a session that came with its photo
  const photos = Row(row, { marks, open: item => take(item.file, item), keep });
  const told = text => say({ text, brief: 6000 });

  async function send(file, text) {
    const mine = {};
    newest = mine;
    say({ text });
    stage.classList.add('busy');
    const sent = await upload(file).catch(() => null); // told by `take`
    if (newest !== mine) return 'overtaken';
    newest = null;
    stage.classList.remove('busy');
    return sent;
  }
  async function take(file, item = null, text = `Uploading ${file.name} ...`) {
    if (file.size > limit * 1e6)
      return told(file.name + ' is larger than ' + limit + ' MB; choose a smaller file.');
    const sent = item?.sent || (await send(file, text));
    if (sent === 'overtaken') return;
    if (!sent?.path)
      return told('The upload of ' + file.name + ' failed; check the connection and try again.');
    if (isSession(file)) return accept('session', fileData(sent, file.name), null, file);
    photos.turn(item);
    if (item) item.sent = sent;
    accept('upload', fileData(sent, file.name), item?.marks, file);
  }
  // Several files at once: all photos, one session if it is clear to which photo it belongs; what is left out is named.
  function takeAll(files) {
    const { pictures, session, left } = sorted(files);
    waiting = pictures.length ? session : null;
    if (left) told(left);
    if (!pictures.length) return session && take(session);
    if (pictures.length === 1) return take(pictures[0]);
    const first = photos.fill(pictures);
    heard.textContent = openingFirst(pictures.length);
    return take(first.file, first, heard.textContent);
  }
  function follow() {
    if (waiting) take(waiting);
    waiting = null;
  }
  return {
    take: takeAll,
    lost: () => newest || photos.lost, // by leaving the page
    again: photos.again,
    marked: photos.marked,
    // The server shows the photo that was sent: a session that came with it follows.
    shown() {
      photos.shown();
      follow();
    },
    // What was sent is a mask of the photo that is open.
    masked() {
      photos.back();
      follow();
    },
    refused() {
      waiting = null;
      photos.refused();
    },
    // Another photo is opened otherwise: an upload under way is not wanted any more.
    leave() {
      newest = waiting = null;
      stage.classList.remove('busy');
      photos.turn(null);
    },
  };
}
