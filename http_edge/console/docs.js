// What the page of an API's description gains by a script: a filter, buttons that copy, the server's own address.
const filter = document.querySelector('.index input');
const entries = [...document.querySelectorAll('.index li')];

filter.parentElement.hidden = false;
filter.addEventListener('input', () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const entry of entries) entry.hidden = !words.every((word) => entry.textContent.toLowerCase().includes(word));
  for (const group of document.querySelectorAll('.index details')) group.hidden = !group.querySelector('li:not([hidden])');
});

const { base } = document.body.dataset;
for (const call of document.querySelectorAll('.call')) {
  call.textContent = call.textContent.replaceAll(base, location.origin);
  const button = document.createElement('button');
  button.className = 'copy';
  button.type = 'button';
  button.textContent = 'Copy';
  const text = call.textContent;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  });
  call.previousElementSibling.append(button);
}

const links = new Map(entries.map((entry) => [entry.querySelector('a').hash.slice(1), entry.querySelector('a')]));
const seen = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    const link = links.get(target.id);
    if (isIntersecting) link?.setAttribute('aria-current', 'true');
    else link?.removeAttribute('aria-current');
  }
}, { rootMargin: '-15% 0px -75% 0px' });
for (const article of document.querySelectorAll('article[id]')) seen.observe(article);
