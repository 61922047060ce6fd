//! Every path of the collector, and the handler that answers it.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{MethodRouter, delete, get, post},
};
use tower::util::MapRequest;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    dashboard::{self, Dashboard},
    http::{
        address,
        api::{
            accounts::{self, Accounts},
            alerts, erasures, events, loss, openapi, operation, parameters, records, resource,
            usage,
            users::{self, Users},
        },
        auth::{require_account_key, require_reader},
        caching, cors, ingest, observe,
        state::App,
    },
    model::{note::NoteKind, record_kind::RecordKind},
};

/// The credential that a path requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// None: the answer reveals nothing about customers.
    Open,
    /// The keys of a source, in the path.
    Source,
    /// An account key.
    Account,
    /// An account key, or a viewer key, which sees only its own accounts.
    Reader,
}

/// The paths of single records of an account. A manager also has a path with the e-mail
/// address.
const RECORDS: [(&str, RecordKind); 11] = [
    (
        "/api/v2/accounts/{id}/financials/{record_id}",
        RecordKind::Financials,
    ),
    (
        "/api/v2/accounts/{id}/support_tickets/{record_id}",
        RecordKind::Notes(NoteKind::SupportTickets),
    ),
    (
        "/api/v2/accounts/{id}/interactions/{record_id}",
        RecordKind::Notes(NoteKind::Interactions),
    ),
    (
        "/api/v2/accounts/{id}/notes/{record_id}",
        RecordKind::Notes(NoteKind::Notes),
    ),
    (
        "/api/v2/accounts/{id}/metrics/{record_id}",
        RecordKind::Notes(NoteKind::Metrics),
    ),
    (
        "/api/v2/accounts/{id}/contacts/{record_id}",
        RecordKind::Notes(NoteKind::Contacts),
    ),
    (
        "/api/v2/accounts/{id}/subscriptions/{record_id}",
        RecordKind::Notes(NoteKind::Subscriptions),
    ),
    (
        "/api/v2/accounts/{id}/statements/{record_id}",
        RecordKind::Notes(NoteKind::Statements),
    ),
    (
        "/api/v2/accounts/{id}/stage_history/{record_id}",
        RecordKind::Notes(NoteKind::StageHistory),
    ),
    (
        "/api/v2/accounts/{id}/nps_history/{record_id}",
        RecordKind::Notes(NoteKind::NpsHistory),
    ),
    (
        "/api/v2/accounts/{id}/dimension_values/{record_id}",
        RecordKind::Notes(NoteKind::DimensionValues),
    ),
];

/// Every path of the API with the credential that it requires. The tests compare this list
/// with the OpenAPI document.
pub fn routes() -> Vec<(&'static str, Access, MethodRouter<App>)> {
    use Access::{Account, Open, Reader, Source};
    let mut routes: Vec<(_, _, MethodRouter<App>)> = vec![
        ("/healthz", Open, get(operation::health)),
        ("/readyz", Open, get(operation::ready)),
        ("/metrics", Open, get(operation::metrics)),
        ("/openapi.json", Open, get(openapi::get)),
        ("/v1/{auth_key}/{api_key}", Source, post(ingest::post)),
        (
            "/api/v2/accounts",
            Account,
            get(accounts::list).post(resource::post::<Accounts>),
        ),
        (
            "/api/v2/accounts/{id}",
            Account,
            get(resource::get::<Accounts>)
                .put(resource::put::<Accounts>)
                .delete(resource::delete::<Accounts>),
        ),
        (
            "/api/v2/accounts/{id}/children",
            Account,
            get(accounts::children),
        ),
        ("/api/v2/accounts/{id}/users", Account, get(accounts::users)),
        ("/api/v2/accounts/{id}/usage", Reader, get(usage::get)),
        (
            "/api/v2/accounts/{id}/financials",
            Account,
            get(records::list_financials).post(records::post_financials),
        ),
        (
            "/api/v2/accounts/{id}/summary",
            Account,
            get(records::summary),
        ),
        (
            "/api/v2/account_users",
            Account,
            get(users::list).post(resource::post::<Users>),
        ),
        (
            "/api/v2/account_users/{id}",
            Account,
            get(resource::get::<Users>)
                .put(resource::put::<Users>)
                .delete(resource::delete::<Users>),
        ),
        (
            "/api/v2/account_users/{id}/{account_id}",
            Account,
            get(users::get_in_account)
                .put(users::put_in_account)
                .delete(users::delete_in_account),
        ),
        (
            "/api/v2/alert_rules",
            Account,
            get(alerts::list_rules).post(alerts::post_rule),
        ),
        (
            "/api/v2/alert_rules/{id}",
            Account,
            get(alerts::get_rule)
                .put(alerts::put_rule)
                .delete(alerts::delete_rule),
        ),
        ("/api/v2/alerts", Account, get(alerts::list)),
        ("/api/v2/alerts/check", Account, post(alerts::check)),
        (
            "/api/v2/webhook",
            Account,
            get(alerts::get_webhook)
                .put(alerts::put_webhook)
                .delete(alerts::delete_webhook),
        ),
        ("/api/v2/events", Account, get(events::latest)),
        ("/api/v2/loss", Account, get(loss::get)),
        (
            "/api/v2/streams/{id}",
            Account,
            delete(erasures::delete_stream),
        ),
        (
            "/api/v2/events/{id}",
            Account,
            delete(erasures::delete_event),
        ),
        (
            "/api/v2/sources/{id}/events",
            Account,
            delete(erasures::delete_of_source),
        ),
        (
            "/api/v2/accounts/{id}/assigned_csms/{email}",
            Account,
            delete(records::delete_manager_of_path),
        ),
    ];
    for (path, kind) in [
        (
            "/api/v2/accounts/{id}/support_tickets",
            NoteKind::SupportTickets,
        ),
        ("/api/v2/accounts/{id}/interactions", NoteKind::Interactions),
        ("/api/v2/accounts/{id}/notes", NoteKind::Notes),
        ("/api/v2/accounts/{id}/metrics", NoteKind::Metrics),
        ("/api/v2/accounts/{id}/contacts", NoteKind::Contacts),
        (
            "/api/v2/accounts/{id}/subscriptions",
            NoteKind::Subscriptions,
        ),
        ("/api/v2/accounts/{id}/statements", NoteKind::Statements),
        (
            "/api/v2/accounts/{id}/stage_history",
            NoteKind::StageHistory,
        ),
        ("/api/v2/accounts/{id}/nps_history", NoteKind::NpsHistory),
        (
            "/api/v2/accounts/{id}/dimension_values",
            NoteKind::DimensionValues,
        ),
        (
            "/api/v2/accounts/{id}/assigned_csms",
            NoteKind::AssignedCsms,
        ),
    ] {
        let mut handlers = get(move |app, id, page| records::list_notes(kind, app, id, page))
            .post(move |app, id, body| records::post_notes(kind, app, id, body));
        if kind == NoteKind::AssignedCsms {
            handlers = handlers.delete(records::delete_manager);
        }
        routes.push((path, Account, handlers));
    }
    for (path, kind) in RECORDS {
        let handlers = delete(move |app, path| records::delete(kind, app, path));
        routes.push((path, Account, handlers));
    }
    routes
}

/// The whole HTTP surface: the API and the dashboard.
pub fn router(app: App) -> Router {
    let [mut open, mut source, mut account, mut reader] = [(); 4].map(|()| Router::new());
    for (path, access, handlers) in routes() {
        match access {
            Access::Open => open = open.route(path, handlers),
            Access::Source => source = source.route(path, handlers),
            Access::Account => account = account.route(path, handlers),
            Access::Reader => reader = reader.route(path, handlers),
        }
    }
    // The fallbacks are set before the CORS layers, which then answer OPTIONS
    // in their place.
    let source = source
        .method_not_allowed_fallback(dashboard::error::method_not_allowed)
        .layer(cors::event_api(&app.config.allow_origins));
    let account = account
        .method_not_allowed_fallback(dashboard::error::method_not_allowed)
        // Runs after the check of the key: the layer that is added last runs first.
        .route_layer(middleware::from_fn(parameters::refuse_unknown))
        .route_layer(middleware::from_fn_with_state(
            app.clone(),
            require_account_key,
        ))
        .layer(cors::account_api(&app.config.api_origins));
    let reader = reader
        .method_not_allowed_fallback(dashboard::error::method_not_allowed)
        .route_layer(middleware::from_fn(parameters::refuse_unknown))
        .route_layer(middleware::from_fn_with_state(app.clone(), require_reader))
        .layer(cors::account_api(&app.config.api_origins));
    let routed = open
        .merge(account)
        .merge(reader)
        .layer(middleware::map_response(caching::not_stored))
        // The answer to a POST is stored nowhere.
        .merge(source)
        .merge(pages(&app))
        .fallback(dashboard::error::not_found)
        .method_not_allowed_fallback(dashboard::error::method_not_allowed)
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            observe::count_and_log,
        ))
        .with_state(app);
    // The address is normalized before anything else. A layer of the router would run only
    // after the route is chosen.
    let read = MapRequest::new(routed, address::without_nul);
    Router::new().fallback_service(read)
}

/// Largest form of a signed-in person. A text of a record may have 64 KiB, and a form encodes
/// one byte as three.
const MAX_FORM_BYTES: usize = 1024 * 1024;

/// Largest sign-in form, which anybody may send. It has a key and the address of a page.
const MAX_SIGN_IN_BYTES: usize = 8 * 1024;

/// The pages of the dashboard, their fragments and their assets.
fn pages(app: &App) -> Router<App> {
    use dashboard::{
        adoption, alerts, assets, children, edit_account, edit_user, headers, import, import_form,
        live, loss, overview, quality,
        records::{self, delete_record},
        saved_views, search, sign_in, signed_in, tree, usage, user_page, users,
    };
    Router::new()
        .route("/", get(overview::show))
        .route(
            "/sign-in",
            post(sign_in::sign_in).layer(DefaultBodyLimit::max(MAX_SIGN_IN_BYTES)),
        )
        .route("/sign-out", post(sign_in::sign_out))
        .route("/quality", get(quality::show))
        .route("/quality/move-user", post(quality::actions::move_user))
        .route(
            "/quality/name-account",
            post(quality::actions::name_account),
        )
        .route(
            "/quality/remove-account",
            post(quality::actions::remove_account),
        )
        .route("/quality/take-back", post(quality::actions::take_back))
        .route(
            "/quality/clear-refusals",
            post(quality::actions::clear_refusals),
        )
        .route(
            "/accounts/{id}/edit",
            get(edit_account::show).post(edit_account::save),
        )
        .route(
            "/import",
            get(import::show)
                .post(import::run)
                .layer(DefaultBodyLimit::max(import_form::MAX_BYTES)),
        )
        .route("/views", post(saved_views::save))
        .route("/views/{id}/delete", post(saved_views::delete))
        .route("/alerts", get(alerts::page::show))
        .route("/alerts/rules", post(alerts::actions::add))
        .route("/alerts/rules/{id}", post(alerts::actions::change))
        .route("/alerts/rules/{id}/delete", post(alerts::actions::delete))
        .route("/alerts/check", post(alerts::actions::check))
        .route("/alerts/webhook", post(alerts::actions::set))
        .route("/alerts/webhook/remove", post(alerts::actions::remove))
        .route("/assets/{name}", get(assets::get))
        .route("/favicon.ico", get(assets::icon))
        .route("/accounts/{id}", get(usage::show))
        .route("/accounts/{id}/below", get(children::show))
        .route("/accounts/{id}/users", get(users::show))
        .route("/accounts/{id}/adoption", get(adoption::show))
        .route(
            "/accounts/{id}/records",
            get(records::show).post(records::add),
        )
        .route("/accounts/{id}/records/delete", post(delete_record::delete))
        .route("/accounts/{id}/events", get(live::show_account))
        .route("/users/{id}", get(user_page::show))
        .route(
            "/users/{id}/edit",
            get(edit_user::show).post(edit_user::save),
        )
        .route("/events", get(live::show))
        .route("/loss", get(loss::show))
        .route("/fragments/tree", get(tree::level))
        .route("/fragments/search", get(search::show))
        .route("/fragments/events", get(live::rows))
        .method_not_allowed_fallback(signed_in::form_opened)
        .with_state(Dashboard::new(app))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(middleware::from_fn(headers::secure))
}
