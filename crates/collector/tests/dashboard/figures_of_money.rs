//! Amounts of money, recomputed from the single records.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    sums::{Random, START, collector_with, is_below},
    support::DAY,
    support::browser::Browser,
};

/// A financial record.
struct Amount {
    account: &'static str,
    name: &'static str,
    currency: &'static str,
    day: i64,
    amount: i64,
}

/// Records of five months, not in the order of their dates.
fn amounts(seed: u64) -> Vec<Amount> {
    let mut random = Random(seed);
    (0..80)
        .map(|no| Amount {
            account: ["leaf1", "leaf2", "leaf3", "solo"][random.below(4)],
            name: ["services", "seats"][random.below(2)],
            currency: ["CHF", "USD"][random.below(2)],
            day: (no * 37) % 150,
            amount: 1 + random.below(900) as i64,
        })
        .collect()
}

fn month(day: i64) -> String {
    let mut rest = day;
    for (month, days) in [("05", 31), ("06", 30), ("07", 31), ("08", 31), ("09", 30)] {
        if rest < days {
            return format!("2024-{month}");
        }
        rest -= days;
    }
    panic!("day {day} is later");
}

/// By month, name and currency: the number of records, and the sum of the latest amount of
/// each account. An amount replaces earlier ones, whatever their currency.
fn sums(of: &[&Amount], group: impl Fn(&Amount) -> String) -> BTreeMap<String, (usize, i64)> {
    let mut latest: BTreeMap<(String, &str, &str), &Amount> = BTreeMap::new();
    let mut sums: BTreeMap<String, (usize, i64)> = BTreeMap::new();
    for one in of {
        let key = format!("{}{},{}", group(one), one.name, one.currency);
        sums.entry(key).or_default().0 += 1;
        let last = latest
            .entry((group(one), one.account, one.name))
            .or_insert(one);
        if one.day > last.day {
            *last = one;
        }
    }
    for ((group, _, name), one) in latest {
        let key = format!("{group}{name},{}", one.currency);
        sums.get_mut(&key).expect("it has records").1 += one.amount;
    }
    sums
}

#[tokio::test]
async fn financials_say_what_a_sum_over_the_records_says() {
    for seed in [11, 12] {
        let all = amounts(seed);
        let collector = collector_with(&[]).await;
        for one in &all {
            let record = json!({
                "date": START + one.day * DAY, "name": one.name, "amount": one.amount,
                "currency": one.currency,
            });
            let path = format!("/api/v2/accounts/{}/financials", one.account);
            let answer = collector.call("POST", &path, Some(record)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        let browser = Browser::of(&collector).await;
        for account in ["top", "mid", "leaf3", "solo"] {
            let of: Vec<&Amount> = all
                .iter()
                .filter(|one| is_below(one.account, account))
                .collect();
            let told = |id: &'static str| {
                let (browser, path) = (&browser, format!("/accounts/{account}/records?csv={id}"));
                async move {
                    let answer = browser.ask(&path).await;
                    let lines = answer.text.lines().skip(1);
                    lines
                        // `collector_with` gives some accounts a revenue, too.
                        .filter(|line| !line.contains("mrr"))
                        .map(|line| {
                            let fields: Vec<&str> = line.rsplitn(3, ',').collect();
                            let figure = |at: usize| fields[at].parse().expect("a figure");
                            (fields[2].to_owned(), (figure(1) as usize, figure(0)))
                        })
                        .collect::<BTreeMap<String, (usize, i64)>>()
                }
            };
            let expected = sums(&of, |_| String::new());
            assert_eq!(told("financials").await, expected, "{account}, seed {seed}");
            let expected = sums(&of, |one| format!("{},", month(one.day)));
            assert_eq!(told("months").await, expected, "{account}, seed {seed}");
        }
    }
}
