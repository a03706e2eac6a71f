// How sure an answer is: a number, a map in the viewer, and where a click would tell most. key(): of the photo; ask():
// asks the server.
const UNSURE_TITLE = 'Where the answer is unsure';

function Doubt(part, { key, ask }) {
  const find = name => part.querySelector('.lb-' + name);
  let now = null, // the newest {sure, share, next, src}
    goThere = false; // as soon as it comes
  const open = show => announce('map', { key: key(), src: now.src, title: UNSURE_TITLE, open: show });
  const go = () => now?.next && announce('spot', { at: now.next });
  const mark = label => () => now?.next && announce('mark', { at: now.next, label });
  find('sure').onclick = () => ask();
  find('where').onclick = () => open(true);
  find('next').onclick = go;
  find('keep').onclick = mark(1);
  find('drop').onclick = mark(0);
  return {
    show(doubt) {
      now = doubt;
      const { sure, share, next } = doubt;
      find('number').textContent = `${(100 * sure).toFixed(1)} %`;
      const where = next
        ? 'one click there tells most.'
        : 'only its rim moves, so there is no place worth a click.';
      find('doubt').textContent =
        `Two of the eight masks share that much on average; ${(100 * share).toFixed(1)} % of the object is unsure, and ${where}`;
      find('places').hidden = false;
      for (const name of ['next', 'keep', 'drop']) find(name).disabled = !next;
      open(false);
      if (goThere) go();
      goThere = false;
    },
    clear() {
      now = null;
      find('number').textContent = find('doubt').textContent = '';
      find('places').hidden = true;
    },
    // The key: to the place, which is asked for where it is not known.
    next() {
      if (now) return go();
      goThere = true;
      ask();
    },
  };
}
