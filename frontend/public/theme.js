/* Sets the theme before the first paint; a file of its own because the policy allows no inline script. */
(function () {
  var theme = 'system';
  try {
    theme = JSON.parse(localStorage.getItem('lorekeeper.preferences') || '{}').theme || theme;
  } catch {
    /* Nothing stored: the system decides. */
  }
  var isDark = theme === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
})();
