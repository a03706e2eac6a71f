const link = element.querySelector('.tk-link');
// Beside the page, wherever that is served.
const addressOf = path => (window.gradio_config?.root ?? '') + '/gradio_api/file=' + path;

// The link is pressed when the file is known, not when the server says that it is done: the two come in any order.
watch('file', () => {
  const { file } = props;
  if (!file) return;
  Object.assign(link, { href: addressOf(file.path), download: file.name, textContent: file.name });
  link.hidden = false;
  link.click();
});
