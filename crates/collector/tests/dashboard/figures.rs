//! Every figure of the pages, recomputed from the single events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::{sums::*, support::browser::Browser, support::*};

#[tokio::test]
async fn the_list_of_accounts_says_what_a_sum_over_the_events_says() {
    for seed in [1, 2] {
        let events = events(seed);
        let collector = collector_with(&events).await;
        let browser = Browser::of(&collector).await;
        for (filter, is_chosen) in [
            ("", (|_| true) as fn(&Event) -> bool),
            ("&module=m1", |event| event.names[1] == Some("m1")),
            ("&product=p1", |event| event.names[0] == Some("p1")),
            ("&product=&module=m2", |event| {
                event.names[0].is_none() && event.names[1] == Some("m2")
            }),
            ("&feature=f2", |event| event.names[2] == Some("f2")),
        ] {
            let path = format!("/?level=all&{PERIOD}{filter}");
            let rows = table(&browser, &path, "accounts", "account_id").await;
            assert_eq!(rows.len(), ACCOUNTS.len());
            for (id, _) in ACCOUNTS {
                let own: Vec<&Event> = events
                    .iter()
                    .filter(|event| is_below(event.account, id))
                    .collect();
                let chosen: Vec<&Event> = own
                    .iter()
                    .copied()
                    .filter(|event| is_chosen(event))
                    .collect();
                let within = |from: i64, to: i64| -> Vec<&Event> {
                    let within = chosen.iter().copied();
                    within
                        .filter(|event| (from..to).contains(&event.at))
                        .collect()
                };
                let (now, before) = (within(FROM, TO), within(BEFORE, FROM));
                let members: BTreeSet<String> = users(&own)
                    .into_iter()
                    .chain(
                        ACCOUNTS
                            .iter()
                            .filter(|of| is_below(of.0, id))
                            .flat_map(|of| (0..2).map(move |at| format!("{}-never{at}", of.0))),
                    )
                    .collect();
                let uses = Event::sum(&now, "feature");
                // Sessions are without a product here, and time in modules is without a
                // feature: under such a filter there is no measurement, and not 0 s.
                let known = |action: &str, is_known: bool| {
                    is_known.then(|| Event::sum(&now, action).to_string())
                };
                let time = known("sessionSync", filter.is_empty());
                let module_time = known("moduleEnd", !filter.contains("feature"));
                let mut expected = vec![
                    ("uses", uses.to_string()),
                    ("users", users(&now).len().to_string()),
                    ("active_time", time.clone().unwrap_or_default()),
                    ("module_time", module_time.unwrap_or_default()),
                    (
                        "silent",
                        members.difference(&users(&now)).count().to_string(),
                    ),
                    (
                        "last_seen",
                        own.iter()
                            .map(|event| iso_day(event.at))
                            .max()
                            .unwrap_or_default(),
                    ),
                    (
                        "mrr_EUR",
                        match id {
                            "leaf1" | "mid" | "top" => "150".to_owned(),
                            "solo" => "40".to_owned(),
                            _ => String::new(),
                        },
                    ),
                ];
                let columns = ["change", "percent", "users_change", "time_change"];
                let changes = if is_compared(&chosen) {
                    let (difference, share) = change(uses, Event::sum(&before, "feature"));
                    let users = users(&now).len() as i64 - users(&before).len() as i64;
                    let difference_of_time =
                        Event::sum(&now, "sessionSync") - Event::sum(&before, "sessionSync");
                    let time_change = time.map(|_| difference_of_time.to_string());
                    let users = users.to_string();
                    [difference, share, users, time_change.unwrap_or_default()]
                } else {
                    Default::default()
                };
                expected.extend(columns.into_iter().zip(changes));
                assert_row(&rows[id], &expected, &format!("{id} {filter}, seed {seed}"));
            }
        }
    }
}

#[tokio::test]
async fn a_time_that_no_tracker_reports_is_left_out_of_the_list_with_the_reason() {
    let collector = collector_with(&events(1)).await;
    let browser = Browser::of(&collector).await;
    const WITHOUT_PRODUCT: &str = "Active time is left out";
    const WITHOUT_FEATURE: &str = "Times are left out";
    for (filter, shown, reason) in [
        ("", "Active time", None),
        ("&product=p1", "Time in modules", Some(WITHOUT_PRODUCT)),
        ("&module=m1", "Time in modules", Some(WITHOUT_PRODUCT)),
        ("&feature=f1", "", Some(WITHOUT_FEATURE)),
    ] {
        let page = browser.open(&format!("/?level=all&{PERIOD}{filter}")).await;
        for name in ["Active time", "Time in modules"] {
            for place in ["<dl class=\"totals\">", "<table class=\"accounts\""] {
                let from = page.find(place).unwrap();
                let until = ["</dl>", "</table>"].map(|end| page[from..].find(end));
                let until = until.into_iter().flatten().min().unwrap();
                let has = page[from..from + until].contains(name);
                assert_eq!(has, name == shown, "{name} in {place} with {filter:?}");
            }
        }
        for given in [WITHOUT_PRODUCT, WITHOUT_FEATURE] {
            assert_eq!(page.contains(given), reason == Some(given), "{filter:?}");
        }
    }
}

#[tokio::test]
async fn an_account_says_what_a_sum_over_the_events_says() {
    let events = events(3);
    let collector = collector_with(&events).await;
    let browser = Browser::of(&collector).await;
    for id in ["top", "mid", "leaf1", "solo"] {
        let own: Vec<&Event> = events
            .iter()
            .filter(|event| is_below(event.account, id))
            .collect();
        let rows = table(
            &browser,
            &format!("/accounts/{id}?{PERIOD}"),
            "breakdown",
            "uses",
        )
        .await;
        assert!(rows.len() > 3, "{rows:?}");
        let answer = browser
            .ask(&format!("/accounts/{id}?{PERIOD}&csv=breakdown"))
            .await;
        let mut lines = answer.text.lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        let mut seen = 0;
        for line in lines {
            let row: BTreeMap<String, String> = names
                .iter()
                .map(|name| (*name).to_owned())
                .zip(line.split(',').map(str::to_owned))
                .collect();
            // The level of a row follows from its name, which is also in its column.
            let level = match row["name"].as_str() {
                "Without a product" | "p1" | "p2" => 1,
                "Without a module" | "m1" | "m2" => 2,
                _ => 3,
            };
            let wanted = ["product", "module", "feature"].map(|name| row[name].clone());
            let of: Vec<&Event> = own
                .iter()
                .copied()
                .filter(|event| {
                    (0..level).all(|at| event.names[at].unwrap_or_default() == wanted[at])
                })
                .collect();
            let within = |from: i64, to: i64| -> Vec<&Event> {
                of.iter()
                    .copied()
                    .filter(|event| (from..to).contains(&event.at))
                    .collect()
            };
            let (now, before) = (within(FROM, TO), within(BEFORE, FROM));
            let uses = Event::sum(&now, "feature");
            let mut expected = vec![
                ("uses", uses.to_string()),
                ("module_time", Event::sum(&now, "moduleEnd").to_string()),
                ("sessions", sessions(&now).to_string()),
                ("users", users(&now).len().to_string()),
            ];
            let (difference, share) = match is_compared(&of) {
                true => change(uses, Event::sum(&before, "feature")),
                false => Default::default(),
            };
            expected.extend([("change", difference), ("percent", share)]);
            assert_row(&row, &expected, &format!("{line} of {id}"));
            seen += 1;
        }
        assert!(seen > 10, "{}", answer.text);
    }
}

#[tokio::test]
async fn the_chart_says_what_a_sum_over_the_events_says() {
    let events = events(4);
    let collector = collector_with(&events).await;
    let browser = Browser::of(&collector).await;
    let own: Vec<&Event> = events
        .iter()
        .filter(|event| is_below(event.account, "top"))
        .collect();
    // 6 and 13 May 2024 are Mondays.
    let week = |monday: i64| START + (monday - 1) * DAY;
    let by_day: Vec<(i64, i64)> = (0..10)
        .map(|day| (FROM + day * DAY, FROM + (day + 1) * DAY))
        .collect();
    let rolling: Vec<(i64, i64)> = by_day.iter().map(|(_, to)| (to - 7 * DAY, *to)).collect();
    let mut compared = BTreeSet::new();
    for (bars, spans) in [
        ("day", by_day),
        ("week", vec![(FROM, week(13)), (week(13), TO)]),
        ("month", vec![(FROM, TO)]),
        ("rolling7", rolling),
    ] {
        let path = format!("/accounts/top?{PERIOD}&bars={bars}");
        let rows = table(&browser, &path, "days", "from").await;
        assert_eq!(rows.len(), spans.len(), "{bars}: {rows:?}");
        for (from, to) in spans {
            let of = |from: i64, to: i64| -> Vec<&Event> {
                own.iter()
                    .copied()
                    .filter(|event| (from..to).contains(&event.at))
                    .collect()
            };
            let now = of(from, to);
            let mut expected = vec![
                ("to", iso_day(to - DAY)),
                ("features", Event::sum(&now, "feature").to_string()),
                ("users", users(&now).len().to_string()),
                ("sessions", sessions(&now).to_string()),
                ("active_time", Event::sum(&now, "sessionSync").to_string()),
                ("module_time", Event::sum(&now, "moduleEnd").to_string()),
            ];
            if bars == "day" || bars == "rolling7" {
                let before = of(from - 10 * DAY, to - 10 * DAY);
                let figures = [
                    ("features_before", Event::sum(&before, "feature")),
                    ("users_before", users(&before).len() as i64),
                ];
                // A window that begins before the first use has no comparison.
                let first = own.iter().map(|event| event.at).min().unwrap();
                let is_compared = first < from - 9 * DAY;
                compared.insert(is_compared);
                expected.extend(figures.map(|(name, figure)| {
                    let text = is_compared.then(|| figure.to_string());
                    (name, text.unwrap_or_default())
                }));
            }
            assert_row(&rows[&iso_day(from)], &expected, bars);
        }
    }
    assert_eq!(compared.len(), 2, "some are compared, some are not");
}

#[tokio::test]
async fn users_say_what_a_sum_over_the_events_says() {
    let events = events(5);
    let collector = collector_with(&events).await;
    let browser = Browser::of(&collector).await;
    for id in ["top", "leaf2", "solo"] {
        let own: Vec<&Event> = events
            .iter()
            .filter(|event| is_below(event.account, id))
            .collect();
        let path = format!("/accounts/{id}/users?{PERIOD}");
        let active = table(&browser, &path, "users", "user_id").await;
        let silent = table(&browser, &path, "silent", "user_id").await;
        let everyone: BTreeSet<String> = active.keys().chain(silent.keys()).cloned().collect();
        assert!(users(&own).is_subset(&everyone), "{everyone:?}");
        for user in users(&own) {
            let of: Vec<&Event> = own
                .iter()
                .copied()
                .filter(|event| event.user == user)
                .collect();
            // A period does not include what happens after it.
            let until: Vec<&Event> = of.iter().copied().filter(|event| event.at < TO).collect();
            let within = |from: i64, to: i64| -> Vec<&Event> {
                of.iter()
                    .copied()
                    .filter(|event| (from..to).contains(&event.at))
                    .collect()
            };
            let (now, before) = (within(FROM, TO), within(BEFORE, FROM));
            let days: BTreeSet<i64> = now.iter().map(|event| event.at.div_euclid(DAY)).collect();
            let first = until
                .iter()
                .map(|event| iso_day(event.at))
                .min()
                .unwrap_or_default();
            let last = until
                .iter()
                .map(|event| iso_day(event.at))
                .max()
                .unwrap_or_default();
            if now.is_empty() {
                let standing = match (before.is_empty(), until.is_empty()) {
                    (false, _) | (true, false) => "Stopped",
                    (true, true) => "Never came",
                };
                let expected = [("standing", standing.to_owned()), ("last_seen", last)];
                assert_row(&silent[&user], &expected, &user);
                continue;
            }
            let uses = Event::sum(&now, "feature");
            let (difference, share) = match is_compared(&of) {
                true => change(uses, Event::sum(&before, "feature")),
                false => Default::default(),
            };
            let expected = [
                ("uses", uses.to_string()),
                ("change", difference),
                ("percent", share),
                ("active_days", days.len().to_string()),
                ("sessions", sessions(&now).to_string()),
                ("active_time", Event::sum(&now, "sessionSync").to_string()),
                ("module_time", Event::sum(&now, "moduleEnd").to_string()),
                ("first_seen", first),
                ("last_seen", last),
            ];
            assert_row(&active[&user], &expected, &user);
        }
        for user in silent.keys().filter(|user| user.contains("never")) {
            assert_row(
                &silent[user],
                &[("standing", "Never came".to_owned())],
                user,
            );
        }
    }
}

#[tokio::test]
async fn what_others_use_says_what_a_sum_over_the_events_says() {
    let mut events = events(6);
    events.retain(|event| event.account != "solo" || event.names[2] != Some("f3"));
    let collector = collector_with(&events).await;
    let browser = Browser::of(&collector).await;
    let path = format!("/accounts/solo/adoption?{PERIOD}");
    let answer = browser.ask(&format!("{path}&csv=unused")).await;
    let mut lines = answer.text.lines();
    assert_eq!(lines.next(), Some("feature,module,product,accounts,uses"));
    let mut expected: BTreeMap<String, (BTreeSet<&str>, i64)> = BTreeMap::new();
    let now = events
        .iter()
        .filter(|event| (FROM..TO).contains(&event.at) && event.action == "feature");
    let mut here = BTreeSet::new();
    for event in now {
        let name = |at: usize| event.names[at].unwrap_or_default();
        let key = format!("{},{},{}", name(2), name(1), name(0));
        if event.account == "solo" {
            here.insert(key.clone());
        }
        let of = expected.entry(key).or_default();
        of.0.insert(event.account);
        of.1 += event.amount;
    }
    let expected: BTreeSet<String> = expected
        .into_iter()
        .filter(|(key, _)| !here.contains(key))
        .map(|(key, (accounts, uses))| format!("{key},{},{uses}", accounts.len()))
        .collect();
    assert!(expected.len() > 5, "{expected:?}");
    assert_eq!(lines.map(str::to_owned).collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn the_page_opens_with_the_accounts_that_lost_most() {
    let now = natero_collector::clock::now_ms();
    let collector = Collector::new();
    let mut sent = Vec::new();
    for (account, before, uses) in [
        ("grows", 5, 9),
        ("falls", 90, 10),
        ("ends", 30, 0),
        ("same", 7, 7),
    ] {
        for (days_ago, total) in [(50, before), (3, uses)] {
            if total > 0 {
                sent.push(json!({
                    "account_id": account, "user_id": account, "session_id": "s", "action": "feature",
                    "feature": "f", "total": total, "created_at": now - days_ago * DAY,
                    "event_id": format!("{account} {days_ago}"),
                }));
            }
        }
        // Old enough to have a comparison.
        sent.push(json!({
            "account_id": account, "user_id": account, "session_id": "s", "action": "pageView",
            "created_at": now - 200 * DAY, "event_id": format!("{account} first"),
        }));
    }
    collector.send(sent).await;
    let page = Browser::of(&collector).await.open("/").await;
    let place = |name: &str| {
        page.find(&format!(">{name}</a><svg"))
            .or_else(|| page.find(&format!(">{name}</a></th>")))
    };
    let places = ["falls", "ends", "same", "grows"].map(place);
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?} in {page}"
    );
    // The share is a column of its own, by which the table is sorted.
    let page_by_share = Browser::of(&collector)
        .await
        .open("/?sort.accounts=percent")
        .await;
    let place = |name: &str| {
        let found = page_by_share.find(&format!(">{name}</a><svg"));
        found.or_else(|| page_by_share.find(&format!(">{name}</a></th>")))
    };
    let places = ["ends", "falls", "same", "grows"].map(place);
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?} in {page_by_share}"
    );
    assert!(page_by_share.contains("aria-sort=\"ascending\" title=\"The same as a share"));
    for text in [
        "−80",
        "▼ 89 %",
        "−30",
        "▼ 100 %",
        "+4",
        "▲ 80 %",
        "unchanged",
    ] {
        assert!(page.contains(text), "no {text} in {page}");
    }
}
