// The line on the photo that says what the server is doing, and the bar that shows how far it is. Returns what shows a
// status {text, done, total, brief}: done of total steps, or neither; a brief one disappears by itself, after that many
// milliseconds if it is a number.
const BRIEF = 2500; // milliseconds
const UNDO_KEY = /Mac|iP(hone|ad)/.test(navigator.platform) ? 'Command+Z' : 'Ctrl+Z';
const CLEARED = { text: `All marks are cleared; ${UNDO_KEY} or Undo brings them back.`, brief: 6000 };

// How much of the bar is full: some of the step that is being done, too.
function progress({ done, total }) {
  return total && done < total ? (100 * (done + 0.35)) / total + '%' : '0';
}

function Status(line, bar) {
  let timer = 0;
  return status => {
    clearTimeout(timer);
    const text = status?.text || '';
    if (text) line.querySelector('span').textContent = text;
    line.classList.toggle('on', !!text);
    bar.style.width = text ? progress(status) : '0';
    if (text && status.brief)
      timer = setTimeout(() => line.classList.remove('on'), Number(status.brief) > 1 ? status.brief : BRIEF);
  };
}
