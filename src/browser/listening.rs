//! Reports to the engine what the page does.

use natero_engine::{Engine, Input, View};

use super::{
    Browser,
    activity::{Activity, ActivitySignal},
    clock::now,
    lifecycle::{self, Change},
    listener::TargetListener,
    navigation::{NavigatedPage, Navigation},
    page,
    page_listeners::{Erasure, PageListeners},
    storage::PageStorage,
    tabs::Tabs,
    unreachable,
};
use crate::{error::UnreachableCause, settings::PageViews};

impl Browser {
    /// Adds all listeners that the engine needs.
    pub(super) fn listen(&self) -> PageListeners {
        let host = self.host();
        let url = &host.platform.source.url;
        let policy = unreachable::watch_policy(url, move || {
            host.platform.obstacle.set(Some(UnreachableCause::Policy));
        });
        let mut events = vec![policy];
        for &(kinds, online) in &[(&["online"], true), (&["offline"], false)] {
            events.push(TargetListener::global(kinds, move |_| {
                host.send_input(Input::Online(online));
            }));
        }
        if page::document().is_none() {
            return PageListeners {
                events,
                ..PageListeners::default()
            };
        }
        let activity = Activity::watch(url, move |used| host.platform.activity(used));
        let changed = move |change| host.platform.page_changed(change);
        lifecycle::watch(&mut events, changed);
        let tabs = Tabs::new(
            &self.settings.cookie_prefix,
            &host.platform.tab,
            move |announcement| {
                host.send_input(Input::OtherTab(announcement));
            },
        );
        self.storage.get_or_init(|| {
            PageStorage::new(
                &self.settings.cookie_prefix,
                &self.source.name,
                self.settings.max_stored_bytes,
                Box::new(move |records| {
                    host.send_input_with(Box::new(move |engine, now| {
                        engine.handle(now, Input::Adopted(&records));
                    }));
                }),
            )
        });
        events.push(TargetListener::global(&["storage"], move |event| {
            if let Some(storage) = host.platform.storage()
                && page::member(event, "key") == storage.shared_name()
                && let Some(record) = page::member(event, "newValue").as_string()
            {
                storage.adopt_shared(record);
            }
        }));
        let mut listeners = PageListeners {
            events,
            activity: Some(activity),
            tabs: Some(tabs),
            _erasure: Erasure::watch(move || {
                if let Some(listeners) = host.platform.page_listeners() {
                    listeners.listen_again();
                }
            }),
            ..PageListeners::default()
        };
        if self.settings.track_page_views != PageViews::Off {
            let on_navigation = move |page| host.platform.navigated(page);
            listeners.navigation = Some(Navigation::watch(
                self.with_hash(),
                &mut listeners,
                on_navigation,
            ));
        }
        listeners
    }

    fn activity(&self, used: ActivitySignal) {
        let input = match used {
            ActivitySignal::Activity => {
                self.verify_address();
                Input::Activity
            }
            ActivitySignal::FrameFocused(focused) => Input::FrameFocused(focused),
        };
        self.host().send_input(input);
    }

    /// A frozen history cannot be watched, so the address is checked here.
    fn verify_address(&self) {
        if let Some(navigation) = self.page_listeners().and_then(|it| it.navigation) {
            navigation.verify_address(false);
        }
    }

    /// Reports a navigation that waits for its title, because the next report ends its
    /// page view.
    pub fn settle_navigation(&self) {
        if let Some(listeners) = self.page_listeners() {
            listeners.settle_navigation();
        }
    }

    fn page_changed(&self, change: Change) {
        let Some(listeners) = self.page_listeners() else {
            return;
        };
        let host = self.host();
        host.end_turn();
        match change {
            Change::Shown => host.send_input(Input::Shown),
            Change::Hidden => {
                listeners.settle_navigation();
                self.verify_storage();
                host.send_input(Input::Hidden);
            }
            // A browser does not put a page into the back/forward cache that holds a lock
            // or listens to other tabs. The page asks for both again when it comes back.
            Change::Left => {
                listeners.settle_navigation();
                self.leave(&listeners);
            }
            Change::Restored => {
                host.send_input(Input::Restored);
                host.send_input(Input::Shown);
                self.navigated(NavigatedPage {
                    address: self.address(),
                    at: now(),
                });
            }
        }
    }

    /// Reports segments that are gone.
    pub(super) fn verify_storage(&self) {
        let missing = self.storage().map(|storage| storage.missing());
        for segment in missing.unwrap_or_default() {
            self.host().send_input(Input::WriteFailed(segment));
        }
    }

    fn navigated(&self, NavigatedPage { address, at }: NavigatedPage) {
        let title = page::title();
        let input = move |engine: &mut Engine, now| {
            let (url, title) = (address.as_str(), title.as_str());
            engine.handle(now, Input::Navigated(View { url, title }));
        };
        self.host().send_input_at(at, Box::new(input));
    }
}
