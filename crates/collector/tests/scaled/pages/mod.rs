//! Checks that both stores show the same on the pages of the dashboard. Where the two stores
//! have no common order, such as in tables that the page sorts, the order is ignored.

mod questions;
mod told;

use std::fmt::Debug;

use natero_collector::{
    model::{page::Page, visibility::Visibility},
    store::{
        account_page::{AccountQuestion, PeopleQuestion, UsagePageQuestion},
        account_report::{AccountReport, Branch},
        accounts_page::{AccountsContent, AccountsPageQuestion, Wanted},
        alerts::Alert,
        latest_events::{NamedEvents, NamedEventsQuestion},
        portfolio::Portfolio,
        search::SearchQuestion,
        tree::LevelQuestion,
        user_page::UserPageQuestion,
    },
};

use crate::{
    pair::{NOW, Pair},
    steps::{ACCOUNTS, USERS},
};
use questions::{bars, filter, list, named_events, period};

const PAGE: Page = Page {
    limit: 20,
    number: 1,
};

const ALL: Page = Page {
    limit: 1000,
    number: 1,
};

/// Runs the same query on both stores, removes the order and compares the results.
macro_rules! same_page {
    ($pair:expr, $store:ident => $ask:expr, $shown:ident => $work:expr) => {{
        let mut pages = Vec::new();
        for (_, $store) in $pair.stores() {
            let $shown = $ask.await.unwrap();
            pages.push(format!("{:#?}", $work));
        }
        assert_same(&pages, stringify!($ask));
    }};
}

pub(crate) use same_page;

pub fn assert_same(pages: &[String], asked: &str) {
    let [sqlite, scaled] = pages else {
        unreachable!("there are two stores");
    };
    if sqlite == scaled {
        return;
    }
    let lines = sqlite.lines().zip(scaled.lines()).enumerate();
    let first = lines.filter(|(_, (left, right))| left != right).take(5);
    let differences: Vec<_> = first.collect();
    panic!("{asked}\n{differences:#?}\nsqlite: {sqlite}\nscaled: {scaled}");
}

/// Every page, for all accounts and users. Periods, filters and rights alternate, because all
/// combinations would take minutes.
pub async fn compare(pair: &Pair, turn: usize) {
    compare_tree(pair).await;
    for (place, account) in ACCOUNTS.into_iter().enumerate() {
        let turn = turn + place;
        let within = match turn % 4 {
            0 => Visibility::Subtree(account.to_owned()),
            1 => visible_part(),
            _ => Visibility::All,
        };
        let account = AccountQuestion {
            account_id: account.to_owned(),
            within,
            now: NOW,
        };
        compare_account(pair, &account, turn).await;
    }
    compare_list(pair, turn).await;
    for (place, user) in USERS.into_iter().enumerate() {
        compare_user(pair, user, turn + place).await;
    }
    compare_events(pair).await;
    let span = period(turn).span;
    same_page!(pair, store => store.page_quality(span), page => {
        let mut page = page;
        let usage = &mut page.uncounted;
        usage.non_leaf.sort_by(|left, right| left.account_id.cmp(&right.account_id));
        usage.conflicts.sort_by(|left, right| {
            (&left.account_id, &left.user_id).cmp(&(&right.account_id, &right.user_id))
        });
        page
    });
    same_page!(pair, store => store.page_loss(span), page => page);
    for within in [Visibility::All, visible_part()] {
        if is_seen(pair, &within).await {
            same_page!(pair, store => store.page_alerts(within.clone(), ALL), page => {
                let mut page = page;
                sort_alerts(&mut page.alerts);
                page
            });
        }
    }
}

fn visible_part() -> Visibility {
    Visibility::Subtree("b".to_owned())
}

/// Whether the only visible account exists. Without it, both stores fail.
async fn is_seen(pair: &Pair, within: &Visibility) -> bool {
    match within.root() {
        None => true,
        Some(id) => pair.sqlite.account(id.to_owned()).await.unwrap().is_some(),
    }
}

async fn compare_tree(pair: &Pair) {
    for within in [Visibility::All, visible_part()] {
        for parent in ACCOUNTS.map(Some).into_iter().chain([None]) {
            let question = || LevelQuestion {
                parent: parent.map(str::to_owned),
                within: within.clone(),
                page: Page {
                    limit: 2,
                    number: 1,
                },
            };
            same_page!(pair, store => store.tree_level(question()), page => page);
        }
        for text in ["a", "NAME 1", "ä", "u", "s3", ""] {
            let question = || SearchQuestion {
                text: text.to_owned(),
                within: within.clone(),
                limit: 3,
            };
            same_page!(pair, store => store.search(question()), page => page);
        }
        if is_seen(pair, &within).await {
            same_page!(pair, store => store.tree(within.clone()), page => page);
        }
    }
}

async fn compare_account(pair: &Pair, account: &AccountQuestion, turn: usize) {
    let rollup = !turn.is_multiple_of(3);
    let question = || UsagePageQuestion {
        account: account.clone(),
        period: period(turn),
        rollup,
        filter: filter(turn),
        bars: bars(turn / 2),
    };
    same_page!(pair, store => store.page_usage(question()), page => page.map(|(header, mut page)| {
        sort_branches(&mut page.report);
        if page.alerts.len() == 10 {
            // There may be more alerts, and which of them are shown is undefined.
            page.alerts.clear();
        }
        sort_alerts(&mut page.alerts);
        (header, page)
    }));
    let question = || PeopleQuestion {
        account: account.clone(),
        period: period(turn + 1),
        rollup,
        filter: filter(turn),
    };
    same_page!(pair, store => store.page_people(question()), page => page);
    let span = period(turn).span;
    same_page!(pair, store => store.page_adoption(account.clone(), span), page => page);
    same_page!(pair, store => store.page_records(account.clone(), PAGE, NOW), page => page);
    same_page!(pair, store => store.page_edit(account.clone()), page => page);
    let list = || list(turn);
    same_page!(pair, store => store.page_below(account.clone(), list()), page => {
        page.map(|(header, list)| (header, sorted(list)))
    });
    let events = || NamedEventsQuestion {
        account_id: Some(account.account_id.clone()),
        ..named_events(account.within.clone())
    };
    same_page!(pair, store => store.page_account_events(account.clone(), events()), page => {
        page.map(|(header, events)| (header, without_numbers(events)))
    });
}

/// Sorts alerts, because those that begin in the same check have the order of the accounts in
/// each store.
fn sort_alerts(alerts: &mut [Alert]) {
    alerts.sort_by(|left, right| {
        let key = |alert: &Alert| {
            (
                alert.rule_id,
                alert.account_id.clone(),
                alert.user_id.clone(),
            )
        };
        (key(left), left.began_at).cmp(&(key(right), right.began_at))
    });
    for alert in alerts {
        alert.id = 0;
    }
}

fn sort_branches(report: &mut AccountReport) {
    fn sort(branches: &mut [Branch]) {
        branches.sort_by(|left, right| left.name.cmp(&right.name));
        for branch in branches {
            sort(&mut branch.below);
        }
    }
    sort(&mut report.products);
}

fn sorted(mut list: Portfolio) -> Portfolio {
    list.rows
        .sort_by(|left, right| left.account.account_id.cmp(&right.account.account_id));
    list
}

async fn compare_list(pair: &Pair, turn: usize) {
    for within in [Visibility::All, visible_part()] {
        if !is_seen(pair, &within).await {
            continue;
        }
        let question = |wanted| AccountsPageQuestion {
            within: within.clone(),
            wanted,
        };
        let listed = || question(Wanted::List(list(turn)));
        same_page!(pair, store => store.page_accounts(listed()), page => {
            let content = match page.content {
                AccountsContent::List(list, views) => {
                    AccountsContent::List(Box::new(sorted(*list)), views)
                }
                found @ AccountsContent::Found(_) => found,
            };
            (page.tree, page.accounts, page.users, content)
        });
        let found = || {
            question(Wanted::Found {
                text: "name".to_owned(),
                limit: 2,
            })
        };
        same_page!(pair, store => store.page_accounts(found()), page => page);
    }
}

async fn compare_user(pair: &Pair, user_id: &str, turn: usize) {
    let within = match turn % 3 {
        0 => visible_part(),
        _ => Visibility::All,
    };
    let question = || UserPageQuestion {
        user_id: user_id.to_owned(),
        within: within.clone(),
        period: period(turn),
        filter: filter(turn + 2),
        rollup: turn.is_multiple_of(2),
        bars: bars(turn),
        page: 1,
        sessions: 100,
        events: [2, 50][turn % 2],
    };
    same_page!(pair, store => store.page_user(question()), page => page.map(|mut page| {
        sort_branches(&mut page.report);
        // Both begin with the latest session; within the same quarter of an hour, the order
        // is undefined.
        page.sessions
            .sort_by(|left, right| left.session_id.cmp(&right.session_id));
        page
    }));
}

/// Without the numbers of events, which differ between the stores.
fn without_numbers(events: NamedEvents) -> (impl Debug, bool) {
    (events.events, events.last.is_some())
}

async fn compare_events(pair: &Pair) {
    for text in [None, Some("F"), Some("u1"), Some("nowhere")] {
        let question = || NamedEventsQuestion {
            text: text.map(str::to_owned),
            ..named_events(Visibility::All)
        };
        same_page!(pair, store => store.page_events(question()), page => {
            (page.0, without_numbers(page.1))
        });
        for (within, account_id) in [
            (Visibility::All, None),
            (visible_part(), None),
            (visible_part(), Some("b")),
            (visible_part(), Some("a")),
        ] {
            let question = || NamedEventsQuestion {
                within: within.clone(),
                account_id: account_id.map(str::to_owned),
                ..question()
            };
            same_page!(pair, store => store.named_events(question()), page => {
                page.map(without_numbers)
            });
        }
    }
}
