// The windows that are seldom opened, each a module of its own that is loaded and made once.
// openWindow(name, args, {api, store, intents, route, wish, ranking})
import { rank } from '../kit/api.js';
import { styled } from '../kit/dom.js';
import { requestOfKey } from '../kit/state.js';

// make(context) -> the window; show(window, args, context) opens it.
const WINDOWS = {
  openImport: {
    make: async ({ api, route, store }) =>
      (await import('../view/import/import.js')).mountImport(api, {
        done: route.imported,
        stateOf: store.get,
      }),
    show(dialog, [file, into]) {
      dialog.show(into);
      if (file) dialog.take(file);
    },
  },
  openBrowse: {
    make: async ({ api, store, intents }) =>
      (await import('../view/browse.js')).mountBrowse(api, store, intents),
  },
  openSurface: {
    make: async ({ api, store, wish }) =>
      (await import('../view/surface.js')).mountSurface(api, store, { saved: wish.useWords }),
  },
  openCalibration: {
    make: async ({ api, store, ranking }) =>
      (await import('../view/calibration.js')).mountCalibration(api, store, {
        fitted: ranking.forgetAnswers,
      }),
  },
  openPrompt: {
    make: async () => (await import('../view/results/prompt.js')).mountPrompt(),
    show: (dialog, args, { ranking }) => dialog.show(ranking.preview),
  },
  openNear: {
    make: async ({ intents }) => (await import('../view/results/near.js')).mountNear(rank, intents),
    show(dialog, args, { store }) {
      const { result, resultKey, stored, surface } = store.get();
      const request = stored?.request ?? requestOfKey(resultKey);
      dialog.show(request, result.funnel, surface?.item_word ?? 'item');
    },
  },
  openKeys: { make: async () => (await import('../view/keys.js')).mountKeys() },
};
const made = {};

export async function openWindow(name, args, context) {
  const { make, show = dialog => dialog.show() } = WINDOWS[name];
  await styled('views.css');
  made[name] ??= await make(context);
  show(made[name], args, context);
}
