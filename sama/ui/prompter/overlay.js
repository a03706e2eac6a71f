// The newest mask of all objects as one, which the viewer announces, on the photo.
function Overlay({ photo, draw }) {
  let mask = null;
  hear('mask', ({ key, picture, tint }) => {
    mask = photo() && key === photo().key ? picture : null;
    if (mask && tint) mask = tinted(mask, tint);
    draw();
  });
  return {
    forget() {
      mask = null;
    },
    // list: draws the objects instead, where they are several.
    paint(ctx, photo, list, wide) {
      if (mask && !list.paint(ctx, photo, wide)) paintMask(ctx, photo, mask, wide, 0.34);
    },
  };
}
function paintMask(ctx, { width, height }, mask, wide, opacity) {
  const cover = c => c.drawImage(mask, 0, 0, width, height);
  ctx.globalAlpha = opacity;
  cover(ctx);
  ctx.globalAlpha = 1;
  outline(ctx, { width, height }, cover, { wide, of: [mask] });
}
