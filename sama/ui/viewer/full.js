// One panel alone, in place of all of them; `draw` draws what is then to be seen.
function Sole(grid, panels, draw) {
  const chosen = () => panels.find(({ figure }) => figure.classList.contains('chosen'));
  return {
    names: panels.map(({ name }) => name),
    // Of the panel that is alone; null where all are there.
    get name() {
      return (grid.classList.contains('solo') && chosen()?.name) || null;
    },
    show(name) {
      grid.classList.toggle('solo', !!name);
      for (const { name: other, figure } of panels) figure.classList.toggle('chosen', other === name);
      if (name) noteOpen('panel', () => this.show(null));
      else noteClosed('panel');
      draw();
    },
  };
}

// One result as large as the window: for a stage, and for a phone. Esc or the same key leaves. proper(): which panel
// where none is alone; null for the one that is there anyway.
function FullScreen(grid, sole, { proper }) {
  let on = false,
    before = null; // the panel that was alone before
  function set(value, name) {
    if (value === on) return;
    on = value;
    if (on) before = sole.name;
    grid.classList.toggle('full', on);
    sole.show(on ? name || before || proper() : before);
    document.documentElement.style.overflow = on ? 'hidden' : '';
    for (const button of grid.querySelectorAll('.vw-fill')) press(button, on);
    if (on) grid.focus({ preventScroll: true });
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
    toggle: name => set(!on, name),
    close: () => set(false),
  };
}

// The panel after the one that is alone; after the last one all of them, which is null, unless one is to stay alone.
function nextAlone(names, now, by, stay) {
  const all = stay ? names : [null, ...names];
  return all[(all.indexOf(now) + by + all.length) % all.length];
}

// What can be shown alone in a mode of the viewer: all but these, and nothing where there is one panel anyway.
const UNLISTED = {
  panels: ['difference', 'map', 'slider'],
  difference: ['composite', 'map', 'slider'],
  map: ['composite', 'difference', 'slider'],
};

// F fills the window, E shows the next panel alone, Shift+E the one before. mode(): the viewer's, once there is a photo.
function enlargingKeys(sole, full, mode) {
  const next = by => {
    const without = UNLISTED[mode()];
    if (!without) return false;
    const names = sole.names.filter(name => !without.includes(name));
    sole.show(nextAlone(names, sole.name, by, full.on));
  };
  onKeys({ f: () => full.toggle(), e: e => next(e.shiftKey ? -1 : 1) }, () => !!mode());
}
// The name of the panel that is to fill the window: what the pointer is on, or else what most people want to see.
function properPanel(panels, mode) {
  if (mode === 'slider') return null;
  const under = panels.find(p => p.figure.matches(':hover'));
  return under ? under.name : mode === 'panels' ? 'composite' : mode;
}
