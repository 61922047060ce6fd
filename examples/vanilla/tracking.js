// Everything the console does with the tracker is in this file.
import { na } from "../../pkg/index.js";

/**
 * Where to send events. `cargo xtask demo` serves a config.json with the keys
 * of a fresh collector. Parameters in the page's address override it.
 */
async function settings() {
  const query = new URLSearchParams(location.search);
  const served = await fetch("config.json").then((r) => (r.ok ? r.json() : {}), () => ({}));
  return {
    endpoint: query.get("endpoint") ?? served.endpoint,
    apiKey: query.get("api_key") ?? served.apiKey,
    authKey: query.get("auth_key") ?? served.authKey,
  };
}

/** Starts tracking; `onEvent` sees every event before it is queued. */
export async function startTracking({ account, onEvent, onError }) {
  const { endpoint, apiKey, authKey } = await settings();
  const tracker = new na(apiKey, authKey, {
    endpoint,
    // Shorter than the default, so that one can watch events leave.
    flushInterval: 2000,
    beforeSend(event) {
      onEvent(event);
      return event;
    },
    onError,
  });
  tracker.identifyAccount(account.id, { name: account.name, tier: account.tier });
  return {
    signIn: (user) =>
      tracker.identifyUser(user.id, { first_name: user.first, last_name: user.last }),
    enterProduct: (product) => tracker.setProductId(product),
    enterModule: (module) => tracker.setModuleId(module),
    used: (feature, total, details) => tracker.sendFeatureEvent(feature, { total, details }),
    flush: () => tracker.flush(),
    stats: () => tracker.stats(),
  };
}
