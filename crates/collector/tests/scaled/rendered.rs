//! Compares the dashboards of two collectors with the same data, one on each kind of store:
//! they must look the same.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt;
use natero_collector::{
    clock::now_ms,
    http::state::App,
    model::page::Page,
    router,
    store::Store,
    store::accounts::{AccountsQuestion, UsersQuestion},
    store::operations::UpkeepOperations,
};
use natero_company::{Target, company};
use tower::ServiceExt;

use crate::{
    pair::{NOW, Pair},
    process::LIMIT,
    support::config,
};

/// A collector, and the cookie of a signed-in person.
pub struct Dashboard {
    router: Router,
    cookie: String,
}

impl Dashboard {
    pub async fn of(store: Arc<dyn Store>, key: &str) -> Self {
        let app = App::new(config(&[]), store, Default::default(), Arc::default());
        let mut dashboard = Dashboard {
            router: router::router(app),
            cookie: String::new(),
        };
        let form = Request::post("/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(format!("key={key}&next=")))
            .unwrap();
        let answer = dashboard.router.clone().oneshot(form).await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        dashboard.cookie = cookie.split(';').next().unwrap().to_owned();
        dashboard
    }

    pub async fn ask(&self, request: Request<Body>) -> (StatusCode, String) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn send(&self, path: &str, body: String) {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let (status, answer) = self.ask(request).await;
        assert_eq!(status, 200, "{answer}");
    }

    pub async fn text(&self, path: &str) -> (StatusCode, String) {
        let request = Request::get(path)
            .header("cookie", &self.cookie)
            .body(Body::empty())
            .unwrap();
        self.ask(request).await
    }

    /// A page without the numbers of events, which differ between the stores.
    async fn page(&self, path: &str) -> String {
        let (status, text) = self.text(path).await;
        assert_eq!(status, 200, "{path}: {text}");
        let mut page = without(&text, "data-last=\"", "\"");
        // Only the store on servers shows how fresh the roll-ups are.
        page = without(&page, FRESH, "</p>");
        if path.contains("alerts") || path.contains("events") {
            // The times of arrivals and of the checks of rules.
            page = without(&page, "<time", "</time>");
        }
        page
    }
}

/// The start of the text about the freshness of the roll-ups.
const FRESH: &str = "<p class=\"hint freshness\">";

/// A text without what lies between two others.
fn without(text: &str, begin: &str, end: &str) -> String {
    let mut parts = text.split(begin);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept += part.split_once(end).map_or("", |(_, rest)| rest);
    }
    kept
}

/// Pages about all accounts, and their tables as CSV.
const PAGES: [&str; 16] = [
    "/",
    "/?range=7d&tz=Asia/Kathmandu",
    "/?range=all",
    "/?range=90d&csv=accounts",
    "/?level=leaves&csv=accounts&product=",
    "/?level=all&deactivated=true&range=365d&tz=America/New_York",
    "/?search=a",
    "/events",
    "/quality",
    "/quality?range=7d",
    "/loss",
    "/loss?range=all",
    "/alerts",
    "/fragments/tree",
    "/fragments/search?search=an",
    "/fragments/events?after=0",
];

/// Pages of one account. Names with equal figures have a different order in each store.
const OF_ACCOUNT: [&str; 11] = [
    "?sort.breakdown=name",
    "?sort.breakdown=name&range=all&open=",
    "?sort.breakdown=name&bars=week&range=90d&tz=America/New_York",
    "?sort.breakdown=name&bars=rolling7&rollup=false",
    "/below?level=all&csv=accounts",
    "/users?range=90d",
    "/users?range=all&csv=users",
    "/adoption?range=90d",
    "/records",
    "/events",
    "/edit",
];

#[tokio::test(flavor = "multi_thread")]
async fn both_dashboards_look_the_same() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let key = &pair.account_key;
    let dashboards = [
        Dashboard::of(Arc::clone(&pair.sqlite), key).await,
        Dashboard::of(Arc::clone(&pair.scaled) as _, key).await,
    ];
    let requests = company(now_ms(), 10).requests();
    for (number, (target, body)) in requests.iter().enumerate() {
        let path = match target {
            Target::Events => pair.events_path(),
            Target::Account(path) => format!("{path}?api_key={key}"),
        };
        for dashboard in &dashboards {
            dashboard.send(&path, body.clone()).await;
        }
        if number == requests.len() / 2 {
            pair.ship().await;
        }
    }
    let mut paths: Vec<String> = PAGES.map(str::to_owned).into();
    let all = Page {
        limit: 1000,
        number: 1,
    };
    let (accounts, _) = pair
        .sqlite
        .accounts(AccountsQuestion::default(), all)
        .await
        .unwrap()
        .unwrap();
    for account in accounts.iter().step_by(accounts.len().div_ceil(5).max(1)) {
        let id = &account.account_id;
        paths.extend(OF_ACCOUNT.map(|page| format!("/accounts/{id}{page}")));
    }
    let (users, _) = pair
        .sqlite
        .users(UsersQuestion::default(), all)
        .await
        .unwrap()
        .unwrap();
    for user in users.iter().step_by(users.len().div_ceil(5).max(1)) {
        paths.push(format!(
            "/users/{}?range=28d&sort.breakdown=name&sort.sessions=session_id",
            user.user_id
        ));
    }
    for path in paths {
        let [sqlite, scaled] = [
            dashboards[0].page(&path).await,
            dashboards[1].page(&path).await,
        ];
        if sqlite != scaled {
            let differs = |(left, right): &(char, char)| left != right;
            let place = sqlite
                .chars()
                .zip(scaled.chars())
                .position(|pair| differs(&pair));
            let from = place.unwrap_or(0).saturating_sub(300);
            let part = |page: &str| page.chars().skip(from).take(700).collect::<String>();
            panic!(
                "{path}\nsqlite: {}\nscaled: {}",
                part(&sqlite),
                part(&scaled)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_with_figures_say_how_many_seconds_what_is_added_up_is_behind() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let key = &pair.account_key;
    let event = serde_json::json!({
        "event_id": "1", "account_id": "a", "user_id": "u", "created_at": NOW,
        "action": "feature", "feature": "f",
    });
    pair.send(&[event], false).await;
    let sqlite = Dashboard::of(Arc::clone(&pair.sqlite), key).await;
    let scaled = Dashboard::of(Arc::clone(&pair.scaled) as _, key).await;
    let pages = [
        "/",
        "/accounts/a",
        "/accounts/a/users",
        "/users/u",
        "/quality",
        "/loss",
    ];
    let said = |page: &str| {
        let rest = page.split_once(FRESH)?.1;
        rest.split_once("</p>").map(|(said, _)| said.to_owned())
    };
    // The store checks every two seconds how far ClickHouse is behind.
    for is_behind in [true, false] {
        if !is_behind {
            pair.ship().await;
        }
        let start = Instant::now();
        while pair.scaled.behind().is_some_and(|behind| behind.events > 0) != is_behind {
            assert!(start.elapsed() < LIMIT, "the store never hears of it");
            tokio::task::yield_now().await;
        }
        for path in pages {
            let (_, page) = scaled.text(path).await;
            let said = said(&page).unwrap_or_else(|| panic!("{path} says nothing"));
            assert!(
                said.starts_with("Counts every event received by "),
                "{said}"
            );
            assert_eq!(
                said.contains(" added up while the page opens"),
                is_behind,
                "{said}"
            );
        }
    }
    for path in pages {
        assert_eq!(said(&sqlite.text(path).await.1), None, "{path}");
    }
}
