//! Both stores give the same figures for the same random histories, to the last digit.

use natero_collector::{
    model::{
        calendar::TimeZone,
        period::Before,
        row_order::{Figure, RowOrder},
        usage::{Dimension, Filter, Span},
        visibility::Visibility,
    },
    store::{
        latest_events::LatestQuestion,
        usage::{RowPage, UsageQuestion},
    },
};
use proptest::prelude::*;

use crate::{
    pages,
    pair::{NOW, Pair, runtime, same},
    rules,
    steps::{self, ACCOUNTS, DAY, MINUTE, USERS, step, tell},
};

/// The number of replicas of each shard.
const SPREADS: [&[usize]; 4] = [&[1], &[2], &[1, 1, 1], &[1, 2]];

fn questions() -> Vec<UsageQuestion> {
    let spans = [
        Span::ALL,
        Span {
            from: NOW - 2 * DAY - 7 * MINUTE,
            to: NOW - DAY + 3,
        },
        Span {
            from: NOW - 300 * DAY,
            to: NOW,
        },
    ];
    let before = Before {
        span: Span {
            from: NOW - 3 * DAY - 7 * MINUTE,
            to: NOW - 2 * DAY - 7 * MINUTE,
        },
        first_day_end: NOW - 2 * DAY,
    };
    let filters = [
        Filter::default(),
        Filter {
            product: Some("it's \\".into()),
            ..Filter::default()
        },
        Filter {
            product: Some(String::new()),
            user: Some("u2".into()),
            ..Filter::default()
        },
        Filter {
            module: Some("never named".into()),
            ..Filter::default()
        },
    ];
    let dimensions = [
        None,
        Some(Dimension::Product),
        Some(Dimension::Module),
        Some(Dimension::Feature),
        Some(Dimension::User),
        Some(Dimension::Account),
        Some(Dimension::Day),
        Some(Dimension::Week),
        Some(Dimension::Month),
    ];
    let mut questions = Vec::new();
    for (at, by) in dimensions.into_iter().enumerate() {
        for (number, account) in ACCOUNTS.iter().enumerate() {
            // Each combination is tested with some account; testing all of them would take
            // minutes.
            let turn = at + number;
            let span = spans[turn % 3];
            questions.push(UsageQuestion {
                account_id: (*account).to_owned(),
                within: Visibility::All,
                rollup: turn % 2 == 0,
                by,
                span,
                before: (span.from == spans[1].from).then_some(before),
                time_zone: ["UTC", "Asia/Kathmandu"][turn % 2]
                    .parse::<TimeZone>()
                    .unwrap(),
                filter: filters[turn % filters.len()].clone(),
                page: RowPage {
                    order: match by {
                        // Users with equal figures have no common order in the two stores.
                        Some(Dimension::User) | None => RowOrder::Key,
                        Some(_) if turn % 2 == 0 => RowOrder::Largest(Figure::Features),
                        Some(_) => RowOrder::Key,
                    },
                    limit: (turn % 4 == 1).then_some(2),
                    after: None,
                },
            });
        }
    }
    questions
}

pub async fn compare(pair: &Pair) {
    for question in questions() {
        let sqlite = pair.sqlite.usage(question.clone()).await.unwrap();
        let scaled = natero_collector::store::operations::FigureOperations::usage(
            &*pair.scaled,
            question.clone(),
        )
        .await
        .unwrap();
        assert_eq!(sqlite, scaled, "{question:#?}");
    }
    for span in [
        Span::ALL,
        Span {
            from: NOW - 3 * DAY,
            to: NOW - DAY,
        },
    ] {
        same!(pair, store => store.loss(span));
    }
    for id in ACCOUNTS {
        same!(pair, store => store.account(id.into()));
    }
    for id in USERS {
        same!(pair, store => store.user(id.into()));
    }
    let ids = || (0..200).map(|id| format!("e/{id}")).collect::<Vec<_>>();
    for is_trusted in [false, true] {
        let source = pair.source(&*pair.sqlite, is_trusted).await.id;
        same!(pair, store => store.missing_events(source, ids()));
    }
    for account_id in [None, Some("b".to_owned())] {
        let question = || LatestQuestion {
            after: None,
            account_id: account_id.clone(),
            limit: 50,
        };
        let (sqlite, _) = pair.sqlite.latest_events(question()).await.unwrap();
        let store: &dyn natero_collector::store::Store = &*pair.scaled;
        let (scaled, _) = store.latest_events(question()).await.unwrap();
        assert_eq!(sqlite, scaled);
    }
}

proptest! {
    // Each case creates databases on both servers and runs some fifty queries.
    #![proptest_config(steps::config(12))]

    #[test]
    fn both_stores_answer_the_same(
        steps in proptest::collection::vec(step(), 1..40),
        turn in 0..60usize,
        replicas in proptest::sample::select(&SPREADS[..]),
    ) {
        runtime().block_on(async {
            let Some(pair) = Pair::over(replicas).await else { return };
            tell(&pair, steps).await;
            compare(&pair).await;
            // Either everything is shipped, or only what the steps have shipped.
            if turn.is_multiple_of(2) {
                pages::compare(&pair, turn).await;
            }
            pair.ship().await;
            compare(&pair).await;
            rules::check(&pair, NOW + DAY).await;
            if !turn.is_multiple_of(2) {
                pages::compare(&pair, turn).await;
            }
        });
    }
}
