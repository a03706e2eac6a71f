// Keys by what people mean, and what Escape closes.

// The key's letter or digit, in lower case, on any keyboard. A Latin letter is taken as it is printed (AZERTY, Dvorak);
// where the key writes another script, a dead accent or nothing yet, its place on the keyboard counts (Cyrillic, Greek).
// Digits are the row's own even where it writes them with Shift only. Everything else is `key` itself.
function keyOf({ key, code = '', shiftKey }) {
  if (/^[a-z0-9]$/i.test(key)) return key.toLowerCase();
  const [, letter, digit] = /^(?:Key([A-Z])|Digit([0-9]))$/.exec(code) || [];
  if (letter) return letter.toLowerCase();
  // A sign that means something here, such as the minus of a French 6, stays what it is.
  if (digit && !shiftKey && !SIGNS.includes(key)) return digit;
  return key;
}
const SIGNS = ['+', '-', '='];
// The same where digits matter more than signs.
const digitOf = e =>
  /^[0-9]$/.test(e.key) ? e.key : !e.shiftKey && /^Digit[0-9]$/.test(e.code || '') ? e.code.slice(5) : null;
// Ctrl or Command, but not AltGr, which writes letters.
const isCommand = e => (e.ctrlKey || e.metaKey) && !e.altKey && !e.getModifierState?.('AltGraph');
const TEXT_FIELD =
  'textarea, [contenteditable=true], [contenteditable=""], ' +
  'input:not([type=range], [type=color], [type=checkbox], [type=radio], [type=file], [type=button])';
const isTyping = target => !!target?.closest?.(TEXT_FIELD);
// Whether Space or Enter works a control that was reached with the keyboard.
const isOperating = target =>
  !!target?.closest?.(
    'button:focus-visible, a:focus-visible, summary:focus-visible, select, [role=button]:focus-visible',
  );

// Single keys, by `keyOf`. keys: {key: action}; an action is given the event, and says with `false` that it did not want
// the key. `active` tells whether they count now.
function onKeys(keys, active = () => true) {
  const typing = at => at.closest?.('input, textarea, select, [contenteditable=true], [role=slider]');
  document.addEventListener('keydown', e => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
    const action = keys[keyOf(e)];
    if (action && active() && action(e) !== false) e.preventDefault();
  });
}

// What is open on the page, the newest last; all components share the list. Escape closes one at a time.
function openThings() {
  document.samaOpen = document.samaOpen || [];
  return document.samaOpen;
}
// close(): what Escape does to it. Opening something again makes it the newest.
function noteOpen(name, close) {
  noteClosed(name);
  openThings().push({ name, close });
}
function noteClosed(name) {
  const list = openThings(),
    at = list.findIndex(thing => thing.name === name);
  if (at >= 0) list.splice(at, 1);
}
// Tells whether there was anything to close.
function closeInnermost() {
  const thing = openThings().pop();
  if (thing) thing.close();
  return !!thing;
}
