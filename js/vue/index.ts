// `natero-wasm/vue`: a tracker in components.

import type { GivenDetails, Id, na } from "natero-wasm";
import {
  type Directive,
  type DirectiveBinding,
  getCurrentInstance,
  type InjectionKey,
  inject,
  type MaybeRefOrGetter,
  onActivated,
  onDeactivated,
  onScopeDispose,
  type Plugin,
  toValue,
  watch,
} from "vue";
import { absent, reportOnce } from "../modules/absent.ts";
import { Modules, nextPlace } from "../modules/index.ts";

/** The part of a Vue Router that is used. */
export interface Router {
  /** Returns a function that removes the guard. */
  afterEach(guard: (to: Route, from: Route, failure?: unknown) => unknown): () => void;
  readonly currentRoute: { readonly value: Route };
}

/** The part of a route that is used. */
interface Route {
  readonly meta: Record<PropertyKey, unknown>;
}

/** The options of the plugin. */
export interface NateroOptions {
  /** Make it once: `new na(apiKey, authKey, { endpoint })`. */
  tracker: na;
  /**
   * The app's router. Each navigation enters the `module` in the `meta` of the route, and leaves it if there is none.
   */
  router?: Router | undefined;
}

/** The value of `v-track`: a feature, or an object with a feature and more about its use; `null` for no tracking. */
export type TrackValue =
  | Id
  | null
  | undefined
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

/**
 * The plugin: `app.use(createNatero({ tracker }))`. It provides `useNatero`, `useModule` and the directive `v-track`.
 */
export function createNatero({ tracker: passed, router }: NateroOptions): Plugin {
  // JavaScript code is not forced by a compiler to pass it.
  const tracker = (passed as na | null | undefined) ?? absent;
  return {
    install(app) {
      if (tracker === absent) reportOnce("/vue: createNatero() needs a `tracker`: pass the one of new na().");
      const modules = Modules.of(tracker);
      app.provide(KEY, { tracker, modules });
      app.directive("track", directive(tracker));
      if (!router) return;
      // The route is outside the components that it shows.
      const place = nextPlace();
      const follow = ({ meta: { module } }: Route): void => {
        if (typeof module === "string") modules.enter(place, module, tracker);
        else modules.leave(place);
        modules.restore();
      };
      // After a failed navigation the new route is not shown.
      const unfollow = router.afterEach((to, _, failure) => failure || follow(to));
      follow(router.currentRoute.value);
      const { unmount } = app;
      app.unmount = () => {
        unmount();
        unfollow();
        modules.leave(place);
      };
    },
  };
}

/** The tracker of the app. */
export function useNatero(): na {
  return useTracking().tracker;
}

/**
 * Enters a module for as long as the component is mounted. If several components enter one, the innermost counts.
 *
 * @param name The module, or a ref or getter of it; `null`: the component enters none.
 */
export function useModule(name: MaybeRefOrGetter<string | null | undefined>): void {
  const { tracker, modules } = useTracking();
  const place = nextPlace();
  let isShown = true;
  const apply = (): void => {
    const current = toValue(name);
    if (!isShown || current === null || current === undefined) modules.leave(place);
    else modules.enter(place, current, tracker);
  };
  const show = (is: boolean) => (): void => {
    isShown = is;
    apply();
  };
  watch(() => toValue(name), apply, { immediate: true });
  onScopeDispose(show(false));
  // It may be called outside of components, as in a store.
  if (!getCurrentInstance()) return;
  onActivated(show(true));
  onDeactivated(show(false));
}

const ABSENT_TRACKING: Tracking = { tracker: absent, modules: Modules.of(absent) };

function useTracking(): Tracking {
  const tracking = inject(KEY, undefined);
  if (!tracking)
    reportOnce("/vue: the app has no tracker: call app.use(createNatero({ tracker })) before app.mount().");
  return tracking ?? ABSENT_TRACKING;
}

// The directive `v-track`. Its argument, as in `v-track:submit`, names the event.
function directive(tracker: na): Directive<HTMLElement, TrackValue> {
  const uses = new WeakMap<HTMLElement, { value: TrackValue; kind: string; listener: () => void }>();
  const send = (value: TrackValue): void => {
    if (typeof value !== "object") {
      if (value !== undefined) tracker.sendFeatureEvent(value);
    } else if (value) {
      const { feature, ...options } = value;
      tracker.sendFeatureEvent(feature, options);
    }
  };
  const stop = (element: HTMLElement): void => {
    const use = uses.get(element);
    if (use) element.removeEventListener(use.kind, use.listener);
  };
  const follow = (element: HTMLElement, { arg, value }: DirectiveBinding<TrackValue>): void => {
    const kind: string = arg ?? "click";
    const before = uses.get(element);
    // For the same kind of event the listener stays: an event under way would not reach a new one.
    if (before?.kind === kind) {
      before.value = value;
      return;
    }
    stop(element);
    const use = { value, kind, listener: (): void => send(use.value) };
    uses.set(element, use);
    element.addEventListener(kind, use.listener);
  };
  return {
    mounted: follow,
    updated: follow,
    unmounted: stop,
    // The directive adds nothing to what a server renders.
    getSSRProps: () => ({}),
  };
}
