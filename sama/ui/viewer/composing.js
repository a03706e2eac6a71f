// The composite: the object's colours by its alpha, before what stands behind it. Another colour there needs no server.

// A canvas that layers take for a picture, with its context.
function pictureOf({ naturalWidth, naturalHeight }) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: naturalWidth, height: naturalHeight, naturalWidth, naturalHeight });
  return [canvas, canvas.getContext('2d')];
}
// The object alone; cut: {src, x, y, alpha} as the server sends it; matte: the panel's, for a cut without its own.
async function loadObject({ src, x, y, alpha }, matte) {
  const [colours, own] = await Promise.all([loadPicture(src), alpha ? loadPicture(alpha) : matte]);
  const [object, ctx] = pictureOf(own);
  ctx.drawImage(colours, x, y);
  ctx.globalCompositeOperation = 'destination-in';
  ctx.drawImage(own, 0, 0);
  return object;
}

function Composing(checks) {
  let parts = null, // of the answer on the panels
    ground = { kind: 'transparent' };
  function composite() {
    const [canvas, ctx] = pictureOf(parts.object);
    if (!drawnHere(ground) && parts.behind) ctx.drawImage(parts.behind, 0, 0);
    else paintPlain(ctx, ground, checks);
    ctx.drawImage(parts.object, 0, 0);
    return canvas;
  }
  return {
    // {object, behind} of what the server sent, {cut, behind}.
    async load({ cut, behind }, matte) {
      const [object, picture] = await Promise.all([
        loadObject(cut, matte),
        behind ? loadPicture(behind) : null,
      ]);
      return { object, behind: picture };
    },
    // The composite of what was loaded, which stays.
    take(loaded) {
      parts = loaded;
      return composite();
    },
    // The composite on another background, null where the server has to say more first.
    on(next) {
      ground = next;
      return parts && drawnHere(next) ? composite() : null;
    },
    forget() {
      parts = null;
    },
  };
}
