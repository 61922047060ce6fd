//! The queries of the pages, with alternating parameters.

use natero_collector::{
    model::{
        bars::Bars,
        calendar::{Day, TimeZone},
        period::Before,
        usage::{Filter, Span},
        visibility::Visibility,
    },
    store::{
        account_page::PagePeriod,
        latest_events::NamedEventsQuestion,
        portfolio::{Bound, ListLevel, ListQuestion, ListRange, RangedField},
    },
};

use crate::pair::NOW;

/// Alternates between a period that is over, one that is not, and all time.
pub fn period(turn: usize) -> PagePeriod {
    let zone: TimeZone = ["UTC", "Asia/Kathmandu", "America/New_York"][turn % 3]
        .parse()
        .unwrap();
    let today = zone.day_at(NOW);
    let (from, end): (Day, Day) = match turn % 4 {
        0 => (today.plus(-2), today),
        1 => (today.plus(-6), today.plus(1)),
        2 => (today.plus(-300), today.plus(-9)),
        _ => {
            return PagePeriod {
                span: Span::ALL,
                before: None,
                days: None,
                time_zone: zone,
            };
        }
    };
    let length = from.until(end);
    let first = from.plus(-length);
    let to = if NOW < zone.start_of(end) {
        zone.start_of(today.plus(-length)) + NOW - zone.start_of(today)
    } else {
        zone.start_of(from)
    };
    PagePeriod {
        span: Span {
            from: zone.start_of(from),
            to: zone.start_of(end),
        },
        before: Some(Before {
            span: Span {
                from: zone.start_of(first),
                to,
            },
            first_day_end: zone.start_of(first.plus(1)),
        }),
        days: Some((from, end)),
        time_zone: zone,
    }
}

pub fn filter(turn: usize) -> Filter {
    let name = |name: &str| Some(name.to_owned());
    match turn % 5 {
        0 | 1 => Filter::default(),
        2 => Filter {
            product: name("it's \\"),
            ..Filter::default()
        },
        3 => Filter {
            product: name(""),
            feature: name("f"),
            ..Filter::default()
        },
        _ => Filter {
            module: name("never named"),
            ..Filter::default()
        },
    }
}

pub fn bars(turn: usize) -> Bars {
    [Bars::Days, Bars::Rolling7, Bars::Weeks, Bars::Months][turn % 4]
}

pub fn list(turn: usize) -> ListQuestion {
    let period = period(turn);
    ListQuestion {
        level: [ListLevel::Top, ListLevel::Leaves, ListLevel::All][turn % 3],
        with_lone_root: turn % 3 != 1,
        with_deactivated: turn.is_multiple_of(2),
        span: period.span,
        before: period.before,
        filter: filter(turn),
        dimensions: match turn % 7 {
            6 => [("tier".to_owned(), "gold".to_owned())].into(),
            _ => Default::default(),
        },
        ranges: match turn % 6 {
            4 => vec![ListRange {
                field: RangedField::Revenue,
                from: Some(Bound::Number(50.0)),
                to: None,
            }],
            _ => Vec::new(),
        },
        text: (turn % 5 == 4).then(|| "A".to_owned()),
        now: NOW,
    }
}

pub fn named_events(within: Visibility) -> NamedEventsQuestion {
    NamedEventsQuestion {
        within,
        account_id: None,
        text: None,
        after: None,
        limit: 30,
        // A store in a file also counts erased events towards this limit, so it is too large
        // to matter here.
        reach: 10_000,
    }
}
