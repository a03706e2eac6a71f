// The table of measures by the truth: a row a method, the best of each column in bold. measures: [{name, digits,
// higher}]; choose(row): its error is to be seen.
const made = (tag, text = '', attributes = {}) =>
  Object.assign(document.createElement(tag), { textContent: text }, attributes);

// Index of the best value of each column; several where they read the same. rows: [{values}], some without.
function bestOf(rows, measures) {
  return measures.map(({ digits, higher }, column) => {
    const read = rows.map(({ values }) => (values ? Number(values[column].toFixed(digits)) : null));
    const known = read.filter(value => value !== null);
    if (known.length < 2) return [];
    const best = higher ? Math.max(...known) : Math.min(...known);
    return read.flatMap((value, i) => (value === best ? [i] : []));
  });
}

function Table(table, measures, choose) {
  const arrow = ({ higher }) => (higher ? ' ↑' : ' ↓');
  function line(row, index, best, chosen) {
    const tr = made('tr');
    tr.setAttribute('aria-current', String(row.name === chosen));
    tr.append(made('th', row.label, { scope: 'row' }));
    measures.forEach(({ digits }, column) => {
      const cell = made('td', row.values ? row.values[column].toFixed(digits) : '–', {
        title: row.why || '',
      });
      cell.classList.toggle('best', best[column].includes(index));
      tr.append(cell);
    });
    const last = made('td');
    if (row.error) {
      const button = made('button', 'Error', { type: 'button', onclick: () => choose(row) });
      button.setAttribute('aria-label', 'Show the error of ' + row.label);
      last.append(button);
    }
    tr.append(last);
    return tr;
  }
  return {
    show(rows, chosen) {
      table.hidden = !rows.length;
      const head = made('tr'),
        best = bestOf(rows, measures);
      head.append(made('th', 'Method', { scope: 'col' }));
      for (const each of measures)
        head.append(made('th', each.name.replace('_', ' ') + arrow(each), { scope: 'col' }));
      head.append(made('td'));
      const top = made('thead'),
        body = made('tbody');
      top.append(head);
      body.append(...rows.map((row, i) => line(row, i, best, chosen)));
      table.replaceChildren(top, body);
    },
  };
}
