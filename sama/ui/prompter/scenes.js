// A photo of one's own, with its marks, as a scene of a talk. value(): what is open, {key, image, ...marks}, or
// null; bring({image, ...marks}) opens such a scene again. Talk mode asks for both.
function Scenes(value, bring) {
  hear('scene-wanted', take => {
    const now = value();
    if (!now) return;
    const { key, image } = now;
    take({ key, title: image.orig_name || 'Your photo', image, ...wholeMarks(now) });
  });
  hear('scene', scene => bring({ image: scene.image, ...wholeMarks(scene) }));
}
