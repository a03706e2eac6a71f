// Single keys by their place on the keyboard (`event.code`), so that they are the same under any layout.
// codes: {code: action}; an action is given the event, and says with `false` that it did not want the key. `active` tells
// whether they count now.
function onCodes(codes, active = () => true) {
  const typing = at => at.closest?.('input, textarea, select, [contenteditable=true], [role=slider]');
  document.addEventListener('keydown', e => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
    const action = codes[e.code];
    if (action && active() && action(e) !== false) e.preventDefault();
  });
}
