//! Page views, by loads and navigation.

mod common;

use common::{Tab, config, of};
use natero_engine::{Call, Config, Input, View};

#[test]
fn page_views_follow_loads_and_navigation() {
    let mut tab = Tab::open(Config {
        track_page_views: true,
        ..config()
    });
    tab.pass(1_000.0);
    tab.tell(Input::Navigated(View {
        url: "https://app.example/next",
        title: "Next",
    }));
    tab.pass(2_000.0);
    tab.call(Call::PageView(View {
        url: "https://app.example/x?q=1",
        title: "X",
    }));
    tab.pass(3_000.0);
    let all = tab.close();
    let views: Vec<_> = of(&all, "pageView")
        .iter()
        .map(|e| (e["url"].clone(), e["title"].clone(), e["referrer"].clone()))
        .collect();
    assert_eq!(
        views,
        [
            (
                "https://app.example/home".into(),
                "Home".into(),
                "https://search.example/".into()
            ),
            (
                "https://app.example/next".into(),
                "Next".into(),
                "https://app.example/home".into()
            ),
            (
                "https://app.example/x?q=1".into(),
                "X".into(),
                "https://app.example/next".into()
            ),
        ]
    );
    let ends: Vec<_> = of(&all, "pageViewEnd")
        .iter()
        .map(|e| e["time_spent"].as_i64().unwrap())
        .collect();
    assert_eq!(ends, [1000, 2000, 3000]);
}

#[test]
fn a_page_view_begun_by_coming_back_is_one_of_its_own_and_comes_from_nowhere() {
    for track_unload in [true, false] {
        let mut tab = Tab::open(Config {
            track_page_views: true,
            track_unload,
            ..config()
        });
        tab.pass(1_000.0);
        tab.tell(Input::Hidden);
        tab.pass(5_000.0);
        tab.tell(Input::Restored);
        tab.tell(Input::Shown);
        tab.pass(1.0);
        tab.tell(Input::Navigated(View {
            url: "https://app.example/home",
            title: "Home",
        }));
        tab.pass(2_000.0);
        tab.call(Call::Shutdown);
        let all = tab.close();
        let referrers: Vec<_> = of(&all, "pageView")
            .iter()
            .map(|e| e["referrer"].clone())
            .collect();
        assert_eq!(referrers, ["https://search.example/", ""]);
        let ends: Vec<_> = of(&all, "pageViewEnd")
            .iter()
            .map(|e| (e["url"].clone(), e["time_spent"].as_i64().unwrap()))
            .collect();
        let home = || "https://app.example/home".into();
        assert_eq!(ends, [(home(), 1000), (home(), 2000)]);
    }
}
