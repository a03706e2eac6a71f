// One result as large as the window: for a stage, and for a phone. Esc or the same key leaves.
// tools: `solo` shows one panel alone, or with null all of them, and returns which it was; `proper` names the panel to
// show when none is alone, null for the one that is there anyway; `draw`.
function FullScreen(grid, { solo, alone, proper, draw }) {
  let on = false,
    before = null; // the panel that was alone before
  function set(value) {
    if (value === on) return;
    on = value;
    if (on) before = alone();
    solo(on ? before || proper() : before);
    grid.classList.toggle('full', on);
    document.documentElement.style.overflow = on ? 'hidden' : '';
    for (const button of grid.querySelectorAll('.vw-fill')) press(button, on);
    if (on) grid.focus({ preventScroll: true });
    draw();
  }
  // The innermost thing that is open, so it is closed first: before anybody else hears of the key.
  window.addEventListener(
    'keydown',
    e => {
      if (!on || e.key !== 'Escape') return;
      e.preventDefault();
      e.stopImmediatePropagation();
      set(false);
    },
    true,
  );
  return {
    get on() {
      return on;
    },
    toggle: () => set(!on),
    close: () => set(false),
  };
}

// The panel after the one that is alone; after the last one all of them, which is null, unless one is to stay alone.
function nextAlone(names, now, by, stay) {
  const all = stay ? names : [null, ...names];
  return all[(all.indexOf(now) + by + all.length) % all.length];
}
