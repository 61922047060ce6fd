//! What pages show about the data itself, recomputed from the single events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{figures_of_user::totals, sums::*, support::browser::Browser, support::*};

/// Accounts to which users belong.
const HOMES: [&str; 6] = ["top", "mid", "leaf1", "leaf2", "leaf3", "solo"];

/// The lines of a table as CSV, without the header.
async fn lines(browser: &Browser<'_>, path: &str, id: &str) -> BTreeSet<String> {
    let answer = browser.ask(&format!("{path}?{PERIOD}&csv={id}")).await;
    assert_eq!(answer.status, 200, "{path} {id}: {}", answer.text);
    answer.text.lines().skip(1).map(str::to_owned).collect()
}

/// The number of events, and the days of the first and the last.
fn span(events: &[&Event]) -> String {
    let days: BTreeSet<String> = events.iter().map(|event| iso_day(event.at)).collect();
    let (first, last) = (days.first().unwrap(), days.last().unwrap());
    format!("{first},{last}")
}

#[tokio::test]
async fn what_does_not_count_says_what_a_sum_over_the_events_says() {
    let mut random = Random(7);
    let home = |user: &str| HOMES[user[1..].parse::<usize>().unwrap() % HOMES.len()];
    let events: Vec<Event> = (0..400)
        .map(|_| {
            let user = format!("u{}", random.below(12));
            let account = match random.below(3) {
                0 => HOMES[random.below(HOMES.len())],
                _ => home(&user),
            };
            let at = match random.below(8) {
                0 => FROM,
                1 => FROM - 1,
                2 => TO - 1,
                3 => TO,
                _ => START + random.below(30) as i64 * DAY + random.below(24) as i64 * HOUR,
            };
            Event {
                account,
                session: format!("{user}-s"),
                user,
                at,
                names: [None, None, Some("f")],
                action: "feature",
                amount: 1,
            }
        })
        .collect();
    let collector = collector_with(&[]).await;
    let users: Vec<Value> = (0..12)
        .map(|at| format!("u{at}"))
        .map(|user| json!({"account_id": home(&user), "user_id": user}))
        .collect();
    let records = Some(json!({ "records": users }));
    let answer = collector
        .call("POST", "/api/v2/account_users", records)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let sent = events.iter().enumerate().map(|(id, event)| event.json(id));
    collector.send(sent.collect()).await;

    let mut conflicts: BTreeMap<(String, &str), Vec<&Event>> = BTreeMap::new();
    let mut of_parents: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events.iter().filter(|event| (FROM..TO).contains(&event.at)) {
        if home(&event.user) != event.account {
            let key = (event.user.clone(), event.account);
            conflicts.entry(key).or_default().push(event);
        } else if event.account == "top" || event.account == "mid" {
            of_parents.entry(event.account).or_default().push(event);
        }
    }
    let browser = Browser::of(&collector).await;
    let expected: BTreeSet<String> = conflicts
        .iter()
        .map(|((user, account), of)| {
            let home = home(user);
            format!(
                "{user},{account},{home},{},{},{account},{home}",
                of.len(),
                span(of)
            )
        })
        .collect();
    assert!(expected.len() > 20, "{expected:?}");
    assert_eq!(lines(&browser, "/quality", "conflicts").await, expected);
    let expected: BTreeSet<String> = of_parents
        .iter()
        .map(|(account, of)| {
            let below = ACCOUNTS.iter().filter(|of| of.1 == Some(*account)).count();
            let (events, users) = (of.len(), users_of(of));
            format!("{account},{events},{users},{below},{},{account}", span(of))
        })
        .collect();
    assert_eq!(expected.len(), 2);
    assert_eq!(lines(&browser, "/quality", "uncaptured").await, expected);
}

fn users_of(events: &[&Event]) -> usize {
    users(events).len()
}

/// The fate of a numbered event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrived,
    ArrivedTwice,
    Refused,
    Lost,
}

/// A page with the events that it made.
struct Stream {
    account: &'static str,
    user: String,
    began: i64,
    fates: Vec<Fate>,
}

impl Stream {
    fn count(&self, fates: &[Fate]) -> usize {
        let of = self.fates.iter().filter(|fate| fates.contains(fate));
        of.count()
    }

    fn lost(&self) -> usize {
        self.count(&[Fate::Lost])
    }
}

/// Streams whose first and last events arrived, so that the number of their events is known.
fn streams(seed: u64) -> Vec<Stream> {
    let mut random = Random(seed);
    (0..14)
        .map(|no| {
            let account = ["leaf1", "leaf2", "leaf3", "solo"][no % 4];
            let mut fates: Vec<Fate> = (0..3 + random.below(12))
                .map(|_| match random.below(6) {
                    0 => Fate::Lost,
                    1 => Fate::Refused,
                    2 => Fate::ArrivedTwice,
                    _ => Fate::Arrived,
                })
                .collect();
            fates[0] = Fate::Arrived;
            *fates.last_mut().unwrap() = Fate::Arrived;
            Stream {
                account,
                user: format!("{account}-u{}", random.below(2)),
                began: match no {
                    0 => FROM,
                    1 => FROM - HOUR,
                    2 => TO - HOUR,
                    3 => TO,
                    _ => START + (random.below(28) as i64) * DAY + no as i64 * HOUR,
                },
                fates,
            }
        })
        .collect()
}

async fn send_streams(collector: &Collector, streams: &[Stream]) {
    for round in 0..2 {
        let mut sent = Vec::new();
        for (no, stream) in streams.iter().enumerate() {
            for (seq, fate) in stream.fates.iter().enumerate() {
                let is_sent = match fate {
                    Fate::Arrived | Fate::Refused => round == 0,
                    Fate::ArrivedTwice => true,
                    Fate::Lost => false,
                };
                if !is_sent {
                    continue;
                }
                sent.push(with(
                    feature(stream.account, &stream.user, "f", format!("{no}-{seq}")),
                    json!({
                        "stream_id": format!("t{no}"), "seq": seq,
                        "created_at": stream.began + seq as i64 * 1000,
                        "total": if *fate == Fate::Refused { -1 } else { 1 },
                    }),
                ));
            }
        }
        let answer = collector.post(ndjson(&sent)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn losses_say_what_a_sum_over_the_events_says() {
    for seed in [8, 9] {
        let all = streams(seed);
        let collector = collector_with(&[]).await;
        send_streams(&collector, &all).await;
        let of_period: Vec<(usize, &Stream)> = all
            .iter()
            .enumerate()
            .filter(|(_, stream)| (FROM..TO).contains(&stream.began))
            .collect();
        let sum = |fates: &[Fate]| -> usize {
            let each = of_period.iter().map(|(_, stream)| stream.count(fates));
            each.sum()
        };
        let browser = Browser::of(&collector).await;
        let page = browser.open(&format!("/loss?{PERIOD}")).await;
        let shown = totals(&page);
        for (name, expected) in [
            ("Streams", of_period.len()),
            (
                "Made",
                of_period.iter().map(|(_, stream)| stream.fates.len()).sum(),
            ),
            ("Received", sum(&[Fate::Arrived, Fate::ArrivedTwice])),
            ("Missing", sum(&[Fate::Lost])),
            ("Rejected", sum(&[Fate::Refused])),
            ("Duplicates", sum(&[Fate::ArrivedTwice])),
        ] {
            assert_eq!(shown[name].0, expected.to_string(), "{name}, seed {seed}");
        }

        let worst = table(&browser, &format!("/loss?{PERIOD}"), "worst", "stream").await;
        let lossy: Vec<_> = of_period
            .iter()
            .filter(|(_, stream)| stream.lost() > 0)
            .collect();
        assert_eq!(worst.len(), lossy.len());
        for (no, stream) in &lossy {
            let (made, lost) = (stream.fates.len(), stream.lost());
            let expected = [
                ("account", stream.account.to_owned()),
                ("user", stream.user.clone()),
                ("made", made.to_string()),
                ("missing", lost.to_string()),
                ("share", (lost as f64 / made as f64).to_string()),
            ];
            assert_row(&worst[&format!("t{no}")], &expected, &format!("t{no}"));
        }

        let path = format!("/quality?{PERIOD}");
        let by_account = table(&browser, &path, "losses", "account").await;
        let mut of_accounts: BTreeMap<&str, Vec<&Stream>> = BTreeMap::new();
        for (_, stream) in &lossy {
            of_accounts.entry(stream.account).or_default().push(stream);
        }
        assert_eq!(by_account.len(), of_accounts.len());
        for (account, of) in of_accounts {
            let lost: usize = of.iter().map(|stream| stream.lost()).sum();
            let made: usize = of.iter().map(|stream| stream.fates.len()).sum();
            let users: BTreeSet<_> = of.iter().map(|stream| &stream.user).collect();
            let expected = [
                ("missing", lost.to_string()),
                ("share", (lost as f64 / made as f64).to_string()),
                ("streams", of.len().to_string()),
                ("users", users.len().to_string()),
                (
                    "since",
                    iso_day(of.iter().map(|stream| stream.began).min().unwrap()),
                ),
            ];
            assert_row(&by_account[account], &expected, account);
        }

        // Refused lines are counted regardless of the period.
        let refused = table(&browser, &path, "refusals", "account").await;
        for account in ["leaf1", "leaf2", "leaf3", "solo"] {
            let of = all.iter().filter(|stream| stream.account == account);
            let lines: usize = of.map(|stream| stream.count(&[Fate::Refused])).sum();
            let told = refused.get(account).map_or("0", |row| &row["lines"]);
            assert_eq!(told, lines.to_string(), "{account}, seed {seed}");
        }
    }
}

#[tokio::test]
async fn alerts_say_what_a_sum_over_the_events_says() {
    let mut random = Random(10);
    let today = natero_collector::clock::now_ms() / DAY * DAY;
    let accounts: Vec<String> = (0..8).map(|no| format!("account {no}")).collect();
    // Account, user, days ago, uses. Each account has been in use since before the two
    // weeks.
    let mut uses: Vec<(usize, usize, i64, i64)> = (0..accounts.len())
        .map(|account| (account, 0, 20, 1))
        .collect();
    for _ in 0..160 {
        uses.push((
            random.below(accounts.len()),
            random.below(5),
            random.below(15) as i64,
            1 + random.below(9) as i64,
        ));
    }
    let collector = Collector::new();
    let sent = uses
        .iter()
        .enumerate()
        .map(|(id, (account, user, ago, total))| {
            with(
                feature(&accounts[*account], &format!("{account}-{user}"), "f", id),
                json!({"created_at": today - ago * DAY + 12 * HOUR, "total": total}),
            )
        });
    collector.send(sent.collect()).await;
    let of_week = |account: usize, first: i64, last: i64| {
        let of = uses.iter().filter(move |of| of.0 == account);
        of.filter(move |of| (first..=last).contains(&of.2))
    };
    type Figure<'a> = &'a dyn Fn(usize, i64, i64) -> i64;
    let uses_of: Figure =
        &|account, first, last| of_week(account, first, last).map(|of| of.3).sum();
    let users_of: Figure = &|account, first, last| {
        let users: BTreeSet<_> = of_week(account, first, last).map(|of| of.1).collect();
        users.len() as i64
    };
    let browser = Browser::of(&collector).await;
    let mut hit = 0;
    for (when, figure) in [("uses_down", uses_of), ("users_down", users_of)] {
        let rule = json!({"name": when, "when": when, "percent": 20, "days": 7});
        let answer = collector
            .call("POST", "/api/v2/alert_rules", Some(rule))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let expected: BTreeSet<String> = (0..accounts.len())
            .map(|account| (account, figure(account, 1, 7), figure(account, 8, 14)))
            .filter(|(_, now, before)| *before > 0 && now * 100 <= before * 80)
            .map(|(account, now, before)| {
                let percent = change(now, before).1;
                format!("{},{now},{before},{percent}", accounts[account])
            })
            .collect();
        let answer = browser.ask("/alerts?csv=alerts").await;
        let told: BTreeSet<String> = answer
            .text
            .lines()
            .map(|line| line.split(',').collect::<Vec<_>>())
            .filter(|fields| fields[3] == when)
            .map(|fields| format!("{},{}", fields[1], fields[4..7].join(",")))
            .collect();
        assert_eq!(told, expected, "{when}");
        hit += expected.len();
    }
    assert!(hit > 3 && hit < 2 * accounts.len(), "{hit}");
}
