// What the canvas shows: the photo, the newest mask on it, boxes and points. It reads what prompter.js keeps.
const colour = name => colourOf(element, name);

function draw() {
  if (!port.resize()) return;
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, canvas.width, canvas.height);
  $('.pr-empty').style.display = photo ? 'none' : '';
  stage.classList.toggle('busy', !!photo && locked());
  const { points, boxes } = pointing.preview || current();
  $('.pr-undo').disabled = !history.undoable;
  $('.pr-redo').disabled = !history.redoable;
  $('.pr-clear').disabled = !isMarked() && !points.length && !boxes.length;
  $('.pr-truth').hidden = !current().mask;
  $('.pr-zoom').textContent = Math.round(port.view.zoom * 100) + ' %';
  $('.pr-root').classList.toggle('zoomed', port.zoomed);
  stage.classList.toggle('empty', !photo);
  if (!photo) return;
  if (!locked()) sharp.wish(photo, port.scale());
  port.apply(ctx);
  drawKept(ctx, [photo.picture], c => c.drawImage(photo.picture, 0, 0, photo.width, photo.height));
  overlay.paint(ctx, photo, list, Number(colour('lines')) || 1);
  every.paint(ctx, photo, Number(colour('lines')) || 1);
  if (locked()) return; // the prompts already belong to another photo
  glance.paint(ctx, photo, Number(colour('lines')) || 1);
  const unit = port.unit() * (Number(colour('marks')) || 1); // larger on a stage
  const drawn = crosshair.box ? [...boxes, crosshair.box] : boxes;
  brush.paint(ctx, current().strokes || [], unit, crosshair.spot, colour);
  drawn.forEach((b, i) => {
    drawBox(ctx, b, unit, list.lineOf(i));
  });
  list.drawTags(ctx, { points, boxes }, unit);
  for (const p of points) drawPoint(ctx, p, unit, colour(p[2] ? 'keep' : 'drop'));
  if (crosshair.spot) drawCrosshair(ctx, crosshair.spot, unit);
}
