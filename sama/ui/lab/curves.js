// The click race: curves of IoU against clicks, which grow as they come. levels: in per cent; colours: in turn, those of
// SAM and SAMA being their own.
const FRAME = { left: 30, right: 350, top: 10, bottom: 176 };
const inSvg = (tag, attributes, text = '') => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.textContent = text;
  return node;
};
// Where the IoU after a number of clicks is drawn, of `count` at most.
const placeOf = (clicks, iou, count) => [
  FRAME.left + ((FRAME.right - FRAME.left) * (clicks - 1)) / Math.max(1, count - 1),
  FRAME.bottom - (FRAME.bottom - FRAME.top) * iou,
];

function Curves(svg, keys, { levels, colours }) {
  const own = ['sam', 'sama'];
  const colour = (name, i) => (own.includes(name) ? `var(--studio-${name})` : colours[i % colours.length]);
  function frame(count) {
    const { left, right, top, bottom } = FRAME;
    const lines = [inSvg('path', { d: `M${left} ${top}V${bottom}H${right}` })];
    for (const share of [0, 0.5, 1])
      lines.push(inSvg('text', { x: 4, y: placeOf(1, share, count)[1] + 3 }, share.toFixed(1)));
    for (const level of levels) {
      const y = placeOf(1, level / 100, count)[1];
      lines.push(inSvg('path', { class: 'level', d: `M${left} ${y}H${right}` }));
    }
    for (let n = 1; n <= count; n += Math.ceil(count / 10))
      lines.push(inSvg('text', { x: placeOf(n, 0, count)[0] - 3, y: bottom + 14 }, n));
    return lines;
  }
  return {
    show({ curves, count }) {
      svg.removeAttribute('hidden'); // which is no property of an SVG
      const drawn = curves.map(({ name, ious }, i) => {
        const spots = ious.map((iou, n) => placeOf(n + 1, iou, count));
        if (spots.length === 1) spots.push([spots[0][0] + 2, spots[0][1]]);
        return inSvg('polyline', {
          points: spots.map(spot => spot.map(v => v.toFixed(1)).join()).join(' '),
          style: `stroke: ${colour(name, i)}`,
        });
      });
      svg.replaceChildren(...frame(count), ...drawn);
      keys.replaceChildren(
        ...curves.map(({ name, label, ious, nocs }, i) => {
          const item = made('li'),
            counts = Object.entries(nocs).map(([noc, value]) => `${noc} ${value}`);
          const dot = made('i');
          dot.style.background = colour(name, i);
          item.append(
            dot,
            `${label}: IoU ${ious.at(-1).toFixed(3)} after ${ious.length}, ${counts.join(', ')}`,
          );
          return item;
        }),
      );
    },
    clear() {
      svg.setAttribute('hidden', '');
      keys.replaceChildren();
    },
  };
}
