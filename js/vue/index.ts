// `natero-wasm/vue`: a tracker in components.

import type { GivenDetails, Id, na } from "natero-wasm";
import {
  type Directive,
  type InjectionKey,
  inject,
  type MaybeRefOrGetter,
  onScopeDispose,
  type Plugin,
  toValue,
  watch,
} from "vue";
import { absent, complain } from "../modules/absent.ts";
import { Modules, nextPlace } from "../modules/index.ts";

/** What is needed of a Vue Router. */
export interface Router {
  afterEach(guard: (to: { meta: Record<PropertyKey, unknown> }) => unknown): unknown;
}

/** What the plugin takes. */
export interface NateroOptions {
  /** Made once: `new na(apiKey, authKey, { endpoint })`. */
  tracker: na;
  /** The app's router: the `module` of a route's `meta` is entered with the route, and left where there is none. */
  router?: Router | undefined;
}

/** What `v-track` takes: a feature, or that and more about its use. */
export type TrackValue =
  | Id
  | {
      feature: Id;
      total?: number | undefined;
      module?: Id | null | undefined;
      product?: Id | null | undefined;
      details?: GivenDetails | undefined;
    };

interface Tracking {
  readonly tracker: na;
  readonly modules: Modules;
}

const KEY: InjectionKey<Tracking> = Symbol.for("natero-wasm/vue") as InjectionKey<Tracking>;

/** The plugin: `app.use(createNatero({ tracker }))`. It brings `useNatero`, `useModule` and the directive `v-track`. */
export function createNatero({ tracker: given, router }: NateroOptions): Plugin {
  // Not all who write apps have a compiler that asks for it.
  const tracker = (given as na | null | undefined) ?? absent;
  return {
    install(app) {
      if (tracker === absent) complain("/vue: createNatero() needs a `tracker`: pass one that new na(…) has made.");
      const modules = new Modules(tracker);
      app.provide(KEY, { tracker, modules });
      app.directive("track", directive(tracker));
      // The route is around all that is shown of it.
      const place = nextPlace();
      router?.afterEach((to) => {
        const { module } = to.meta;
        if (typeof module === "string") modules.enter(place, module);
        else modules.leave(place);
      });
    },
  };
}

/** The tracker of the app. */
export function useNatero(): na {
  return useTracking().tracker;
}

/**
 * Enters a module for as long as the component is there; of several the innermost counts.
 *
 * @param name The module, or a ref or getter of it; `null`: none of its own.
 */
export function useModule(name: MaybeRefOrGetter<string | null | undefined>): void {
  const { modules } = useTracking();
  const place = nextPlace();
  watch(
    () => toValue(name),
    (current) => {
      if (current === null || current === undefined) modules.leave(place);
      else modules.enter(place, current);
    },
    { immediate: true },
  );
  onScopeDispose(() => modules.leave(place));
}

const NOBODY: Tracking = { tracker: absent, modules: new Modules(absent) };

function useTracking(): Tracking {
  const tracking = inject(KEY, undefined);
  if (!tracking) complain("/vue: the app has no tracker: call app.use(createNatero({ tracker })) before app.mount().");
  return tracking ?? NOBODY;
}

// The event that `v-track:submit` and the like name.
function directive(tracker: na): Directive<HTMLElement, TrackValue> {
  const values = new WeakMap<HTMLElement, TrackValue>();
  const handlers = new WeakMap<HTMLElement, () => void>();
  const send = (value: TrackValue | undefined): void => {
    if (typeof value !== "object") {
      if (value !== undefined) tracker.sendFeatureEvent(value);
      return;
    }
    const { feature, ...options } = value;
    tracker.sendFeatureEvent(feature, options);
  };
  return {
    mounted(element, { arg, value }) {
      values.set(element, value);
      const handler = (): void => send(values.get(element));
      handlers.set(element, handler);
      element.addEventListener(arg ?? "click", handler);
    },
    updated(element, { value }) {
      values.set(element, value);
    },
    unmounted(element, { arg }) {
      const handler = handlers.get(element);
      if (handler) element.removeEventListener(arg ?? "click", handler);
    },
    // Nothing of it is in what a server renders.
    getSSRProps: () => ({}),
  };
}
