//! The figures on the page of a user, and the share of an account in its parent, recomputed
//! from the single events.

use std::collections::{BTreeMap, BTreeSet};

use crate::{sums::*, support::browser::Browser};

/// Events whose times are whole minutes, because pages show no seconds.
fn timed_events(seed: u64) -> Vec<Event> {
    let mut events = events(seed);
    for event in &mut events {
        if event.action != "feature" {
            event.amount *= 61_000;
        }
    }
    events
}

fn within<'a>(events: &[&'a Event], from: i64, to: i64) -> Vec<&'a Event> {
    let events = events.iter().copied();
    events
        .filter(|event| (from..to).contains(&event.at))
        .collect()
}

/// A duration of whole seconds, as pages show it.
fn duration(ms: i64) -> String {
    let seconds = ms / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

/// A change, as pages show it.
fn shown_change(now: i64, before: i64) -> String {
    if now != before && before == 0 {
        return "new".to_owned();
    }
    let percent = if before == 0 {
        0.0
    } else {
        (now - before) as f64 * 100.0 / before as f64
    };
    match percent.abs().round() as i64 {
        0 => "unchanged".to_owned(),
        shown if percent > 0.0 => format!("▲ {shown} %"),
        shown => format!("▼ {shown} %"),
    }
}

/// The main figures of a page by their names: the figure, and the small text beside it.
pub fn totals(page: &str) -> BTreeMap<String, (String, String)> {
    let text = |html: &str| -> String {
        let mut text = String::new();
        let mut is_tag = false;
        for letter in html.chars() {
            match letter {
                '<' => is_tag = true,
                '>' => is_tag = false,
                _ if !is_tag => text.push(letter),
                _ => {}
            }
        }
        text
    };
    let list = page.split("<dl class=\"totals\">").nth(1).unwrap();
    let list = list.split("</dl>").next().unwrap();
    list.split("<dt>")
        .skip(1)
        .map(|total| {
            let (name, rest) = total.split_once("</dt>").unwrap();
            let (figure, small) = rest.split_once("<small").unwrap_or((rest, ""));
            let small = small.split_once('>').map_or("", |(_, small)| small);
            (name.to_owned(), (text(figure), text(small)))
        })
        .collect()
}

#[tokio::test]
async fn a_user_says_what_a_sum_over_the_events_says() {
    for seed in [7, 8] {
        let events = timed_events(seed);
        let collector = collector_with(&events).await;
        let browser = Browser::of(&collector).await;
        let everyone: BTreeSet<String> = events.iter().map(|event| event.user.clone()).collect();
        for user in everyone {
            let own: Vec<&Event> = events.iter().filter(|event| event.user == user).collect();
            let (now, before) = (within(&own, FROM, TO), within(&own, BEFORE, FROM));
            if now.is_empty() {
                continue;
            }
            let path = format!("/users/{user}?{PERIOD}");
            let page = browser.open(&path).await;
            let totals = totals(&page);
            let figures = |events: &[&Event]| {
                [
                    ("Feature uses", Event::sum(events, "feature")),
                    ("Sessions", sessions(events) as i64),
                    ("Active time", Event::sum(events, "sessionSync")),
                    ("Time in modules", Event::sum(events, "moduleEnd")),
                    ("Events", events.len() as i64),
                ]
            };
            for ((name, of_now), (_, of_before)) in figures(&now).into_iter().zip(figures(&before))
            {
                let shown = match name {
                    "Active time" | "Time in modules" => duration(of_now),
                    _ => of_now.to_string(),
                };
                let (figure, change) = &totals[name];
                assert_eq!(figure, &shown, "{name} of {user}");
                if is_compared(&own) {
                    let expected = shown_change(of_now, of_before);
                    assert!(
                        change.starts_with(&expected),
                        "{name} of {user}: {change}, not {expected}"
                    );
                } else {
                    assert_eq!(change, "", "{name} of {user}");
                }
            }
            let count = sessions(&now);
            assert!(
                page.contains(&format!(">{count} session")),
                "{user}: {count}"
            );
            assert_days(&browser, &path, &now).await;
            assert_names(&browser, &path, &now).await;
            assert_timeline(&page, &now);
        }
    }
}

/// Checks the bars of the chart.
async fn assert_days(browser: &Browser<'_>, path: &str, now: &[&Event]) {
    let rows = table(browser, path, "days", "from").await;
    assert_eq!(rows.len(), 10);
    for day in 0..10 {
        let from = FROM + day * crate::support::DAY;
        let of = within(now, from, from + crate::support::DAY);
        let expected = [
            ("features", Event::sum(&of, "feature").to_string()),
            ("sessions", sessions(&of).to_string()),
            ("active_time", Event::sum(&of, "sessionSync").to_string()),
            ("module_time", Event::sum(&of, "moduleEnd").to_string()),
        ];
        assert_row(&rows[&iso_day(from)], &expected, path);
    }
}

/// Checks the products, modules and features with their figures.
async fn assert_names(browser: &Browser<'_>, path: &str, now: &[&Event]) {
    let answer = browser.ask(&format!("{path}&csv=breakdown")).await;
    let mut lines = answer.text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    for line in lines {
        let row: BTreeMap<&str, &str> = names.iter().copied().zip(line.split(',')).collect();
        let level = match row["name"] {
            "Without a product" | "p1" | "p2" => 1,
            "Without a module" | "m1" | "m2" => 2,
            _ => 3,
        };
        let wanted = ["product", "module", "feature"].map(|name| row[name]);
        let of: Vec<&Event> = now
            .iter()
            .copied()
            .filter(|event| (0..level).all(|at| event.names[at].unwrap_or_default() == wanted[at]))
            .collect();
        assert_eq!(
            row["uses"],
            Event::sum(&of, "feature").to_string(),
            "{line}"
        );
        assert_eq!(
            row["module_time"],
            Event::sum(&of, "moduleEnd").to_string(),
            "{line}"
        );
        assert_eq!(row["sessions"], sessions(&of).to_string(), "{line}");
    }
}

/// Checks the events of each session, in the order in which they were made.
fn assert_timeline(page: &str, now: &[&Event]) {
    let mut by_session: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in now {
        by_session.entry(&event.session).or_default().push(event);
    }
    let mut expected: Vec<Vec<String>> = by_session
        .into_values()
        .map(|mut events| {
            events.sort_by_key(|event| event.at);
            let words = events.iter().map(|event| match event.action {
                "feature" => format!("Used {}", event.names[2].unwrap()),
                "moduleEnd" => "Time in a module".to_owned(),
                _ => "Active time".to_owned(),
            });
            words.collect()
        })
        .collect();
    let mut shown: Vec<Vec<String>> = page
        .split("<ol class=\"timeline\">")
        .skip(1)
        .map(|session| {
            let session = session.split("</ol>").next().unwrap();
            let actions = session.split("<div><span>").skip(1);
            actions
                .map(|rest| rest.split('<').next().unwrap().to_owned())
                .collect()
        })
        .collect();
    expected.sort();
    shown.sort();
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn the_share_of_the_account_above_is_that_of_two_sums_over_the_events() {
    let events = events(9);
    let collector = collector_with(&events).await;
    let browser = Browser::of(&collector).await;
    for (id, parent) in [
        ("leaf1", "mid"),
        ("leaf2", "mid"),
        ("mid", "top"),
        ("leaf3", "top"),
    ] {
        for (filter, is_chosen) in [
            ("", (|_| true) as fn(&&Event) -> bool),
            ("&product=p1", |event| event.names[0] == Some("p1")),
            ("&product=p2&module=m1", |event| {
                event.names[0] == Some("p2") && event.names[1] == Some("m1")
            }),
        ] {
            let uses = |of: &str| {
                let of: Vec<&Event> = events
                    .iter()
                    .filter(|event| is_below(event.account, of) && (FROM..TO).contains(&event.at))
                    .filter(is_chosen)
                    .collect();
                Event::sum(&of, "feature")
            };
            let page = browser
                .open(&format!("/accounts/{id}?{PERIOD}{filter}"))
                .await;
            let (figure, small) = &totals(&page)["Feature uses"];
            assert_eq!(figure, &uses(id).to_string());
            let share = uses(id) as f64 * 100.0 / uses(parent) as f64;
            let share = format!("{share:.1} % of {parent}");
            assert!(
                small.contains(&share),
                "{id} {filter}: {small}, not {share}"
            );
        }
    }
    // A top-level account has no share.
    let page = browser.open(&format!("/accounts/top?{PERIOD}")).await;
    assert!(!totals(&page)["Feature uses"].1.contains(" of "));
}
