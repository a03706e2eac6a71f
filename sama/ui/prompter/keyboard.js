// The prompter's keys. keys: {key: action}, on their own; commands: {key: action}, with Ctrl or Command; close(): closes
// the innermost thing, and says whether there was one; clear(): removes all marks; pan(held): Space is down or up.
const SETTLING = 1000; // ms after Escape has closed something, in which one more does not clear the marks

function Keyboard(stage, { keys, commands, close, clear, pan }) {
  let closed = -SETTLING;
  function onEscape(e) {
    if (close()) {
      closed = e.timeStamp;
      return true;
    }
    if (!stage.contains(document.activeElement)) return false;
    if (!e.repeat && e.timeStamp - closed >= SETTLING) clear();
    return true;
  }
  document.addEventListener('keydown', e => {
    if (e.key === ' ') pan(true); // wherever the focus is
    if (e.key === ' ' ? !stage.contains(e.target) : isTyping(e.target)) return;
    const key = keyOf(e),
      plain = !e.ctrlKey && !e.metaKey && !e.altKey && !e.target.closest('input, select');
    if (key === 'Escape') {
      if (!onEscape(e)) return;
    } else if (isCommand(e) && commands[key]) commands[key](e);
    else if (plain && keys[key]) keys[key]();
    else if (key !== ' ') return;
    e.preventDefault();
  });
  document.addEventListener('keyup', e => {
    if (e.key === ' ') pan(false);
  });
  window.addEventListener('blur', () => pan(false));
}
