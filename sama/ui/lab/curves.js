// The click race: curves of IoU against clicks, which grow as they come. levels: in per cent; colours: in turn, those of
// SAM and SAMA being their own.
const FRAME = { left: 42, right: 326, top: 10, bottom: 160 };
const inSvg = (tag, attributes, text = '') => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.textContent = text;
  return node;
};
// The IoU at the bottom: the largest of these that no curve is below, so that curves near one can be told apart.
const FLOORS = [0.9, 0.8, 0.5];
function floorOf(curves) {
  const ious = curves.flatMap(curve => curve.ious);
  return ious.length ? (FLOORS.find(floor => Math.min(...ious) >= floor) ?? 0) : 0;
}
// Where the IoU after a number of clicks is drawn, of `count` at most.
const placeOf = (clicks, iou, count, floor = 0) => [
  FRAME.left + ((FRAME.right - FRAME.left) * (clicks - 1)) / Math.max(1, count - 1),
  FRAME.bottom - ((FRAME.bottom - FRAME.top) * (iou - floor)) / (1 - floor),
];
// After how many clicks a curve was at a level, in words. nocs: what counts, which is all clicks where it never was.
function reached({ ious, nocs }, level, done) {
  if (ious.some(iou => 100 * iou >= level)) return `NoC@${level} ${nocs['NoC@' + level]}`;
  return done ? `NoC@${level} ${nocs['NoC@' + level]} (not reached)` : `not yet ${(level / 100).toFixed(2)}`;
}

function Curves(svg, keys, { levels, colours }) {
  const own = ['sam', 'sama'];
  const colour = (name, i) => (own.includes(name) ? `var(--studio-${name})` : colours[i % colours.length]);
  function frame(count, floor) {
    const { left, right, top, bottom } = FRAME;
    const height = iou => placeOf(1, iou, count, floor)[1];
    const lines = [inSvg('path', { d: `M${left} ${top}V${bottom}H${right}` })];
    for (const iou of [floor, (1 + floor) / 2, 1])
      lines.push(inSvg('text', { class: 'tick', x: left - 6, y: height(iou) + 3 }, iou.toFixed(2)));
    for (const level of levels.filter(each => each / 100 > floor)) {
      const y = height(level / 100);
      lines.push(inSvg('path', { class: 'level', d: `M${left} ${y}H${right}` }));
      lines.push(inSvg('text', { class: 'small', x: right + 5, y: y + 3 }, (level / 100).toFixed(2)));
    }
    for (let n = 1; n <= count; n += Math.ceil(count / 10))
      lines.push(inSvg('text', { class: 'middle', x: placeOf(n, 0, count)[0], y: bottom + 14 }, n));
    const middle = (top + bottom) / 2;
    lines.push(inSvg('text', { class: 'middle', x: (left + right) / 2, y: bottom + 32 }, 'clicks'));
    lines.push(inSvg('text', { class: 'middle', transform: `translate(10 ${middle}) rotate(-90)` }, 'IoU'));
    return lines;
  }
  // A line with a dot for each click.
  function drawn({ name, ious }, i, count, floor) {
    const spots = ious.map((iou, n) => placeOf(n + 1, iou, count, floor).map(at => at.toFixed(1)));
    const style = `--own: ${colour(name, i)}`,
      kind = own.includes(name) ? 'own' : 'other'; // which lies on them where the masks are the same
    const line = inSvg('polyline', { class: kind, points: spots.map(spot => spot.join()).join(' '), style });
    return [line, ...spots.map(([cx, cy]) => inSvg('circle', { class: kind, cx, cy, r: 2.4, style }))];
  }
  return {
    show({ curves, count, done }) {
      svg.removeAttribute('hidden'); // which is no property of an SVG
      const floor = floorOf(curves);
      svg.replaceChildren(
        ...frame(count, floor),
        ...curves.flatMap((curve, i) => drawn(curve, i, count, floor)),
      );
      keys.replaceChildren(
        ...curves.map((curve, i) => {
          const { name, label, ious } = curve,
            item = made('li'),
            dot = made('i'),
            clicks = ious.length === 1 ? '1 click' : ious.length + ' clicks',
            counts = levels.map(level => reached(curve, level, done));
          dot.style.background = colour(name, i);
          item.append(dot, `${label}: IoU ${ious.at(-1).toFixed(3)} after ${clicks}; ${counts.join('; ')}`);
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
