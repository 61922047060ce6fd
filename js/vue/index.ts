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
import { absent, complain } from "../modules/absent.ts";
import { Modules, nextPlace } from "../modules/index.ts";

/** What is needed of a Vue Router. */
export interface Router {
  /** Returns what takes the guard away. */
  afterEach(guard: (to: Route, from: Route, failure?: unknown) => unknown): () => void;
  readonly currentRoute: { readonly value: Route };
}

/** What is needed of a route. */
interface Route {
  readonly meta: Record<PropertyKey, unknown>;
}

/** What the plugin takes. */
export interface NateroOptions {
  /** Made once: `new na(apiKey, authKey, { endpoint })`. */
  tracker: na;
  /** The app's router: the `module` of a route's `meta` is entered with the route, and left where there is none. */
  router?: Router | undefined;
}

/** What `v-track` takes: a feature, or that and more about its use; `null`: none. */
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

/** The plugin: `app.use(createNatero({ tracker }))`. It brings `useNatero`, `useModule` and the directive `v-track`. */
export function createNatero({ tracker: given, router }: NateroOptions): Plugin {
  // Not all who write apps have a compiler that asks for it.
  const tracker = (given as na | null | undefined) ?? absent;
  return {
    install(app) {
      if (tracker === absent) complain("/vue: createNatero() needs a `tracker`: pass one that new na(…) has made.");
      const modules = Modules.of(tracker);
      app.provide(KEY, { tracker, modules });
      app.directive("track", directive(tracker));
      if (!router) return;
      // The route is around all that is shown of it.
      const place = nextPlace();
      const follow = ({ meta: { module } }: Route): void => {
        if (typeof module === "string") modules.enter(place, module, tracker);
        else modules.leave(place);
        modules.restore();
      };
      // What comes of a navigation that failed is not shown.
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
 * Enters a module for as long as the component is there; of several the innermost counts.
 *
 * @param name The module, or a ref or getter of it; `null`: none of its own.
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
  // It may be called beside all components, as in a store.
  if (!getCurrentInstance()) return;
  onActivated(show(true));
  onDeactivated(show(false));
}

const NOBODY: Tracking = { tracker: absent, modules: Modules.of(absent) };

function useTracking(): Tracking {
  const tracking = inject(KEY, undefined);
  if (!tracking) complain("/vue: the app has no tracker: call app.use(createNatero({ tracker })) before app.mount().");
  return tracking ?? NOBODY;
}

// The event that `v-track:submit` and the like name.
function directive(tracker: na): Directive<HTMLElement, TrackValue> {
  const uses = new WeakMap<HTMLElement, { value: TrackValue; kind: string; tell: () => void }>();
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
    if (use) element.removeEventListener(use.kind, use.tell);
  };
  const follow = (element: HTMLElement, { arg, value }: DirectiveBinding<TrackValue>): void => {
    const kind: string = arg ?? "click";
    const before = uses.get(element);
    // Where it is of this kind it stays: an event that is under way would not find a new one.
    if (before?.kind === kind) {
      before.value = value;
      return;
    }
    stop(element);
    const use = { value, kind, tell: (): void => send(use.value) };
    uses.set(element, use);
    element.addEventListener(kind, use.tell);
  };
  return {
    mounted: follow,
    updated: follow,
    unmounted: stop,
    // Nothing of it is in what a server renders.
    getSSRProps: () => ({}),
  };
}
