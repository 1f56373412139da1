// Runs before the first paint, so that a chosen theme never flashes. "auto" follows the system.
document.documentElement.dataset.theme = (() => {
  try {
    return localStorage.getItem('taproom-theme') ?? 'auto';
  } catch {
    return 'auto';
  }
})();
