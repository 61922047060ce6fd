//! Reports to the engine what the page does.

use natero_engine::{Engine, Input, View};

use super::{
    Browser,
    activity::{Activity, Use},
    clock::now,
    ears::{Ears, Erasure},
    lifecycle::{self, Change},
    listener::Listener,
    navigation::{Moved, Navigation},
    page,
    storage::PageStorage,
    tabs::Tabs,
    unreachable::{self, Obstacle},
};
use crate::settings::PageViews;

impl Browser {
    /// Adds all listeners that the engine needs.
    pub(super) fn listen(&self) -> Ears {
        let host = self.host();
        let policy = unreachable::watch_policy(&host.platform.source.url, move || {
            host.platform.obstacle.set(Some(Obstacle::Policy));
        });
        let mut listeners = vec![policy];
        for &(kinds, online) in &[(&["online"], true), (&["offline"], false)] {
            listeners.push(Listener::global(kinds, move |_| {
                host.hear(Input::Online(online));
            }));
        }
        if page::document().is_none() {
            return Ears {
                listeners,
                ..Ears::default()
            };
        }
        let activity = Activity::watch(move |used| host.platform.used(used));
        let changed = move |change| host.platform.page_changed(change);
        lifecycle::watch(&mut listeners, changed);
        let tabs = Tabs::new(
            &self.settings.cookie_prefix,
            &host.platform.tab,
            move |since| {
                host.hear(Input::OtherTab { since });
            },
        );
        self.storage.get_or_init(|| {
            PageStorage::new(
                &self.settings.cookie_prefix,
                &self.source.name,
                self.settings.max_stored_bytes,
                Box::new(move |records| {
                    host.tell(Box::new(move |engine, now| {
                        engine.handle(now, Input::Adopted(&records));
                    }));
                }),
            )
        });
        listeners.push(Listener::global(&["storage"], move |event| {
            if let Some(storage) = host.platform.storage()
                && page::member(event, "key") == storage.shared()
                && let Some(record) = page::member(event, "newValue").as_string()
            {
                storage.hear(record);
            }
        }));
        let mut ears = Ears {
            listeners,
            activity: Some(activity),
            tabs: Some(tabs),
            _erasure: Erasure::watch(move || {
                if let Some(ears) = host.platform.ears() {
                    ears.listen_again();
                }
            }),
            ..Ears::default()
        };
        if self.settings.track_page_views != PageViews::Off {
            let moved = move |moved| host.platform.navigated(moved);
            ears.navigation = Some(Navigation::watch(self.with_hash(), &mut ears, moved));
        }
        ears
    }

    fn used(&self, used: Use) {
        let input = match used {
            Use::Activity => {
                self.look_at_address();
                Input::Activity
            }
            Use::FrameFocused(focused) => Input::FrameFocused(focused),
        };
        self.host().hear(input);
    }

    /// A frozen history cannot be watched, so the address is checked here.
    fn look_at_address(&self) {
        if let Some(navigation) = self.ears().and_then(|it| it.navigation) {
            navigation.look(false);
        }
    }

    /// Reports a navigation that waits for its title, because the next report ends its
    /// page view.
    pub fn settle_navigation(&self) {
        if let Some(ears) = self.ears() {
            ears.settle_navigation();
        }
    }

    fn page_changed(&self, change: Change) {
        let Some(ears) = self.ears() else {
            return;
        };
        let host = self.host();
        host.end_turn();
        match change {
            Change::Shown => host.hear(Input::Shown),
            Change::Hidden => {
                ears.settle_navigation();
                self.verify_storage();
                host.hear(Input::Hidden);
            }
            // A browser does not put a page into the back/forward cache that holds a lock
            // or listens to other tabs. The page asks for both again when it comes back.
            Change::Left => {
                ears.settle_navigation();
                self.verify_storage();
                self.leave(&ears);
            }
            Change::Restored => {
                host.hear(Input::Restored);
                host.hear(Input::Shown);
                self.navigated(Moved {
                    address: self.address(),
                    at: now(),
                });
            }
        }
    }

    /// Reports segments that are gone.
    fn verify_storage(&self) {
        let missing = self.storage().map(|storage| storage.missing());
        for segment in missing.unwrap_or_default() {
            self.host().hear(Input::WriteFailed(segment));
        }
    }

    fn navigated(&self, Moved { address, at }: Moved) {
        let title = page::title();
        let told = move |engine: &mut Engine, now| {
            let (url, title) = (address.as_str(), title.as_str());
            engine.handle(now, Input::Navigated(View { url, title }));
        };
        self.host().tell_at(at, Box::new(told));
    }
}
