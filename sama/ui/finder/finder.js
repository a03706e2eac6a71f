const text = element.querySelector('.fi-text');
text.maxLength = props.longest;

element.querySelector('.fi-root').onsubmit = e => {
  e.preventDefault();
  const wanted = text.value.trim();
  if (!wanted) return text.focus();
  const { asked } = props.value || props.start;
  announce('replacing');
  // Always a new object: a change inside the old one would go unnoticed.
  props.value = { text: wanted, asked: asked + 1 };
  trigger('input');
};
