//! Request rates that two collectors count together.

use std::{sync::Arc, time::Instant};

use axum::{Router, body::Body, http::Request};
use http_body_util::BodyExt;
use natero_collector::{
    http::state::App,
    model::{
        keys::{KeyId, SourceId},
        rate::Rate,
    },
    router,
    store::{
        Store,
        operations::KeyOperations,
        rates::{RateGrant, RateSubject, SharedRates},
        scaled::ScaledStore,
    },
};
use tower::ServiceExt;

use crate::{pair::Pair, support::config};

/// The store of another collector on the same servers.
async fn other(pair: &Pair) -> ScaledStore {
    let addresses = &pair.addresses;
    let (postgres, nodes) = (&addresses.postgres, &addresses.clickhouse);
    let other = ScaledStore::open(postgres, nodes, Arc::default());
    other.await.unwrap()
}

/// The number of requests that two collectors draw in turn until both are refused.
async fn drawn(stores: [&dyn SharedRates; 2], of: RateSubject, rate: Rate) -> u32 {
    let (mut drawn, mut is_over) = (0, [false; 2]);
    while is_over != [true; 2] {
        for (store, is_over) in stores.iter().zip(&mut is_over) {
            match store.draw(of, rate).await.unwrap() {
                RateGrant::Granted(granted) => {
                    assert!((1..=rate.share()).contains(&granted), "{granted}");
                    drawn += granted;
                }
                RateGrant::Exhausted(time) => {
                    assert!(time <= rate.interval(), "{time:?}");
                    *is_over = true;
                }
            }
        }
    }
    drawn
}

#[tokio::test(flavor = "multi_thread")]
async fn collectors_draw_together_what_a_key_may_send() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let other = other(&pair).await;
    let shared = [&*pair.scaled, &other].map(|store| {
        let shared = store.shared_rates();
        shared.expect("they count together")
    });
    for (number, per_second) in [(1, 5), (2, 1000)] {
        let rate = Rate::new(per_second).unwrap();
        let key = RateSubject::Key(KeyId::from_number(number).unwrap());
        let start = Instant::now();
        let drawn = f64::from(drawn(shared, key, rate).await);
        let per_second = f64::from(per_second);
        let at_once = (rate.drawn_burst().as_secs_f64() * per_second).floor();
        let most = at_once + start.elapsed().as_secs_f64() * per_second;
        assert!(
            (at_once..=most).contains(&drawn),
            "{drawn} of {at_once} to {most}"
        );
        // A source with the same number has a rate of its own.
        let source = RateSubject::Source(SourceId::from_number(number).unwrap());
        let of_source = shared[0].draw(source, rate).await.unwrap();
        assert_eq!(of_source, RateGrant::Granted(rate.share()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_asks_two_collectors_is_allowed_what_one_allows_it() {
    const PER_SECOND: u32 = 4;
    let Some(pair) = Pair::new().await else {
        return;
    };
    let stores: [Arc<dyn Store>; 2] = [
        Arc::clone(&pair.scaled) as _,
        Arc::new(other(&pair).await) as _,
    ];
    let routers: [Router; 2] = stores.map(|store| {
        let config = config(&["--rate-limit", &PER_SECOND.to_string()]);
        router::router(App::new(config, store, Default::default(), Arc::default()))
    });
    let start = Instant::now();
    let mut allowed = 0;
    let path = format!("/api/v2/accounts?api_key={}", pair.account_key);
    for router in routers.iter().cycle().take(60) {
        let request = Request::get(&path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        if answer.status() == 200 {
            allowed += 1;
            continue;
        }
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["retry-after"], "1");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let refused = "{\"error\":\"this key asks more often than it may;";
        assert!(body.starts_with(refused.as_bytes()), "{body:?}");
    }
    let burst = 2 * PER_SECOND;
    let most = burst + (start.elapsed().as_secs_f64() * f64::from(PER_SECOND)) as u32;
    assert!(
        (burst..=most).contains(&allowed),
        "{allowed} of {burst} to {most}"
    );
}
