//! The accounts of users after random erasures, compared with a model that keeps every event in a
//! list.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use natero_collector::model::keys::NewSource;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    company::event,
    placed::{send_from, totals},
    support::*,
};

const USERS: u8 = 2;
const ACCOUNTS: u8 = 3;
const SOURCES: u8 = 2;
const STREAMS: u8 = 3;

#[derive(Debug, Clone)]
enum Step {
    Send {
        user: u8,
        /// `None` for an event that names no account.
        account: Option<u8>,
        source: u8,
        stream: u8,
    },
    /// The oldest event of a user that is stored.
    EraseFirst(u8),
    /// The place of an event among all that were sent.
    EraseEvent(prop::sample::Index),
    EraseStream(u8, u8),
    EraseSource(u8),
    EraseAccount(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let account = proptest::option::weighted(0.9, 0..ACCOUNTS);
    let send =
        (0..USERS, account, 0..SOURCES, 0..STREAMS).prop_map(|(user, account, source, stream)| {
            Step::Send {
                user,
                account,
                source,
                stream,
            }
        });
    prop_oneof![
        32 => send,
        12 => (0..USERS).prop_map(Step::EraseFirst),
        6 => any::<prop::sample::Index>().prop_map(Step::EraseEvent),
        3 => (0..SOURCES, 0..STREAMS).prop_map(|(source, stream)| Step::EraseStream(source, stream)),
        1 => (0..SOURCES).prop_map(Step::EraseSource),
        1 => (0..ACCOUNTS).prop_map(Step::EraseAccount),
    ]
}

fn stream_id(source: u8, stream: u8) -> String {
    format!("stream-{source}-{stream}")
}

#[derive(Debug)]
struct Stored {
    id: String,
    user: u8,
    account: u8,
    source: u8,
    stream: u8,
    counts: bool,
}

#[derive(Debug, Default)]
struct Model {
    events: Vec<Stored>,
    /// The account of each user.
    homes: BTreeMap<u8, u8>,
    refused_users: BTreeSet<u8>,
    refused_accounts: BTreeSet<u8>,
    refused_streams: BTreeSet<(u8, u8)>,
}

impl Model {
    fn add(&mut self, id: String, (user, account): (u8, u8), (source, stream): (u8, u8)) {
        if self.refused_users.contains(&user)
            || self.refused_accounts.contains(&account)
            || self.refused_streams.contains(&(source, stream))
        {
            return;
        }
        let home = *self.homes.entry(user).or_insert(account);
        self.events.push(Stored {
            id,
            user,
            account,
            source,
            stream,
            counts: home == account,
        });
    }

    /// The account that the first event of a user names.
    fn first(&self, user: u8) -> Option<u8> {
        let mut of_user = self.events.iter().filter(|event| event.user == user);
        of_user.next().map(|event| event.account)
    }

    /// Removes events. The first remaining event of each user decides the user's account.
    fn erase(&mut self, is_erased: impl Fn(&Stored) -> bool) {
        self.events.retain(|event| !is_erased(event));
        for user in 0..USERS {
            match self.first(user) {
                Some(account) => self.homes.insert(user, account),
                None => self.homes.remove(&user),
            };
        }
        for event in &mut self.events {
            event.counts |= self.homes[&event.user] == event.account;
        }
    }

    fn erase_account(&mut self, account: u8) {
        if !self.events.iter().any(|event| event.account == account) {
            return;
        }
        let before = self.homes.clone();
        self.erase(|event| event.account == account);
        self.refused_accounts.insert(account);
        let gone = before.keys().filter(|user| !self.homes.contains_key(*user));
        self.refused_users.extend(gone);
    }
}

/// Applies a step to a collector and to the model. Returns whether it was an erasure.
async fn run(
    collector: &Collector,
    sources: &[String],
    model: &mut Model,
    sent: &mut Vec<String>,
    step: &Step,
) -> bool {
    let path = match step {
        Step::Send {
            user,
            account,
            source,
            stream,
        } => {
            let Some(place) = account.or(model.homes.get(user).copied()) else {
                return false;
            };
            let seq = sent.len() as u32;
            let mut event = event(
                &format!("account-{place}"),
                &format!("user-{user}"),
                &stream_id(*source, *stream),
                seq,
            );
            if account.is_none() {
                event.as_object_mut().unwrap().remove("account_id");
            }
            let id = event["event_id"].as_str().unwrap().to_owned();
            send_from(collector, &sources[usize::from(*source)], &[event]).await;
            model.add(id.clone(), (*user, place), (*source, *stream));
            sent.push(id);
            return false;
        }
        Step::EraseFirst(user) => {
            let mut of_user = model.events.iter().filter(|event| event.user == *user);
            let Some(id) = of_user.next().map(|event| event.id.clone()) else {
                return false;
            };
            model.erase(|event| event.id == id);
            format!("/api/v2/events/{id}")
        }
        Step::EraseEvent(_) if sent.is_empty() => return false,
        Step::EraseEvent(index) => {
            let id = index.get(sent);
            model.erase(|event| event.id == *id);
            format!("/api/v2/events/{id}")
        }
        Step::EraseStream(source, stream) => {
            let of_stream = |event: &Stored| (event.source, event.stream) == (*source, *stream);
            if model.events.iter().any(of_stream) {
                model.refused_streams.insert((*source, *stream));
            }
            model.erase(of_stream);
            format!("/api/v2/streams/{}", stream_id(*source, *stream))
        }
        Step::EraseSource(source) => {
            model.erase(|event| event.source == *source);
            // The first new source has the number 2.
            format!("/api/v2/sources/source-{}/events?from=0", source + 2)
        }
        Step::EraseAccount(account) => {
            model.erase_account(*account);
            format!("/api/v2/accounts/account-{account}?erase=true")
        }
    };
    let answer = collector.call("DELETE", &path, None).await;
    assert!(
        [200, 404].contains(&answer.status.as_u16()),
        "{path}: {}",
        answer.text
    );
    // The next events arrive in a later ms than the erased ones of a source.
    tokio::time::sleep(Duration::from_millis(2)).await;
    true
}

/// The account of each user, and the counted and set-aside events of each account.
type Answers = (Vec<Value>, Vec<Option<(Value, Value)>>);

async fn asked(collector: &Collector) -> Answers {
    let (mut homes, mut accounts) = (Vec::new(), Vec::new());
    for user in 0..USERS {
        let path = format!("/api/v2/account_users/user-{user}");
        let answer = collector.call("GET", &path, None).await;
        homes.push(match answer.status.as_u16() {
            404 => Value::Null,
            _ => answer.json()["account_id"].clone(),
        });
    }
    for account in 0..ACCOUNTS {
        let account = format!("account-{account}");
        let path = format!("/api/v2/accounts/{account}");
        let answer = collector.call("GET", &path, None).await;
        accounts.push(match answer.status.as_u16() {
            404 => None,
            _ => Some(totals(collector, &account).await),
        });
    }
    (homes, accounts)
}

fn expected(model: &Model) -> Answers {
    let homes = (0..USERS).map(|user| {
        let home = model.homes.get(&user);
        home.map_or(Value::Null, |home| json!(format!("account-{home}")))
    });
    let accounts = (0..ACCOUNTS).map(|account| {
        let of_account = model.events.iter().filter(|event| event.account == account);
        let (counted, aside): (Vec<_>, Vec<_>) = of_account.partition(|event| event.counts);
        let is_named = !counted.is_empty() || !aside.is_empty();
        is_named.then(|| (json!(counted.len()), json!(aside.len())))
    });
    (homes.collect(), accounts.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(place::cases(24)))]

    #[test]
    fn the_first_event_that_is_left_decides_the_account_of_a_user_whatever_was_erased_before(
        steps in proptest::collection::vec(step(), 10..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let collector = Collector::new();
            let sources: Vec<String> =
                (0..SOURCES).map(|_| collector.new_source(&NewSource::default())).collect();
            let (mut model, mut sent) = (Model::default(), Vec::new());
            for (at, step) in steps.iter().enumerate() {
                if run(&collector, &sources, &mut model, &mut sent, step).await {
                    prop_assert_eq!(asked(&collector).await, expected(&model), "after step {}", at);
                }
            }
            prop_assert_eq!(asked(&collector).await, expected(&model));
            collector.check_figures().await;
            Ok(())
        })?;
    }
}
