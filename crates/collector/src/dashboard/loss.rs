//! The loss report.

use axum::{extract::State, response::Response};
use maud::{Markup, html};

use super::{
    address,
    error::PageError,
    format,
    layout::{self, NavigationEntry},
    period::Period,
    query::Query,
    sheet::Sheet,
    signed_in::SignedIn,
    state::Dashboard,
    table::{Table, choice::Sort, column::Column},
    totals::{Total, totals},
    value::Value,
    view::View,
};
use crate::{
    http::error::ApiError,
    model::calendar::TimeZone,
    store::loss::{ImplausibleStream, LossPage, LossReport, LossyStream, Owned, StreamOwner},
};

/// Shows the loss report.
///
/// # Errors
/// 400 for invalid parameters, 404 for somebody who may see only one account.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(view): Query<View>,
) -> Result<Response, PageError> {
    if !rights.within.is_all() {
        return Err(ApiError::NotFound("the loss report is about all accounts".into()).into());
    }
    let period = dashboard.period(&view);
    let LossPage {
        tree,
        report,
        worst,
        implausible,
    } = dashboard.app.store.page_loss(period.span()).await?;
    let sheet = Sheet::default();
    let content = html! {
        div .title { h1 { "Loss report" } }
        p .lead {
            "Every page numbers the events it makes. From the numbers that never came, this tells how "
            "many were lost on the way."
        }
        div .controls { (period.picker("/loss", &view)) }
        @if report.streams == 0 && view.csv.is_none() {
            section .card {
                (layout::empty("No numbered events in this period", html! {
                    "Trackers that send stream_id and seq with their events are accounted for here."
                }))
            }
        } @else {
            (figures(&report, &period))
            (show_worst(&sheet, worst, &view, &period))
            @if report.implausible > 0 || view.csv.is_some() { (show_implausible(&sheet, &report, implausible, &view, &period)) }
        }
    };
    let page = layout::page(
        "Loss report",
        Some(NavigationEntry::Loss),
        &view,
        &rights,
        tree.show(&view),
        content,
    );
    Ok(sheet.answer(&view, page))
}

fn figures(report: &LossReport, period: &Period) -> Markup {
    let all = [
        Total::of(("Made", "Events that the streams which began in the period have numbered."), format::number(report.made)),
        Total::of(("Received", "Those of them that arrived."), format::number(report.received)),
        Total::of(("Missing", "Those that neither arrived nor were refused. What a page could not send yet may arrive later."), format::number(report.missing))
            .note(format::share(report.missing, report.made))
            .bad(report.missing > 0),
        Total::of(("Rejected", "Those that arrived and were refused."), format::number(report.rejected))
            .note("arrived and refused".to_owned())
            .bad(report.rejected > 0),
        Total::of(("Duplicates", "Events that arrived again. They count once."), format::number(report.duplicates)).note("counted once".to_owned()),
        Total::of(("Streams", "Loads of a page, or runs of a server, that sent events."), format::number(report.streams)),
    ];
    totals(&all, &period.length())
}

fn owner_columns<'v, T: 'v>(
    table: Table<'v, Owned<T>>,
    view: &View,
    zone: &TimeZone,
) -> Table<'v, Owned<T>> {
    let zone = zone.clone();
    let (links, user_links) = (view.only_period(), view.only_period());
    let name = |owner: &StreamOwner| {
        let name = owner.account_name.as_ref();
        name.unwrap_or(&owner.account_id).clone()
    };
    table
        .with(
            Column::text("account", "Account", move |(_, owner): &Owned<T>| {
                Value::text(owner.as_ref().map(name))
            })
            .shown(move |(_, owner)| {
                html! {
                    @match owner {
                        Some(owner) => a href=(links.at(&address::account(&owner.account_id, ""))) { (name(owner)) },
                        None => span .zero { "unknown" },
                    }
                }
            })
            .meaning("The account that the first event of the stream names."),
        )
        .with(
            Column::text("account_id", "Account id", |(_, owner): &Owned<T>| {
                Value::text(owner.as_ref().map(|owner| owner.account_id.clone()))
            })
            .only_in_csv(),
        )
        .with(
            Column::text("user", "User", |(_, owner): &Owned<T>| {
                Value::text(owner.as_ref().map(|owner| owner.user_id.clone()))
            })
            .shown(move |(_, owner)| {
                html! {
                    @match owner {
                        Some(owner) => a href=(user_links.at(&address::user(&owner.user_id))) { (owner.user_id) },
                        None => span .zero { "unknown" },
                    }
                }
            }),
        )
        .with(
            Column::number("since", "Began", move |(_, owner): &Owned<T>| {
                let first = owner.as_ref().map(|owner| owner.first_at);
                first.map_or(Value::None, |first| Value::time(first, &zone))
            }),
        )
}

fn show_worst(
    sheet: &Sheet,
    worst: Vec<Owned<LossyStream>>,
    view: &View,
    period: &Period,
) -> Markup {
    let table = Table::new(
        "worst",
        "Streams that miss most",
        Sort::down("missing"),
        "/loss",
        view,
    )
    .with(
        Column::text("stream", "Stream", |(stream, _): &Owned<LossyStream>| {
            Value::Text(stream.stream_id.clone())
        })
        .shown(|(stream, _)| html! { code { (stream.stream_id) } }),
    );
    let table = owner_columns(table, view, period.time_zone())
        .with(Column::number(
            "made",
            "Made",
            |(stream, _): &Owned<LossyStream>| Value::Count(stream.made),
        ))
        .with(Column::number(
            "missing",
            "Missing",
            |(stream, _): &Owned<LossyStream>| Value::Count(stream.missing),
        ))
        .with(Column::number(
            "share",
            "Share",
            |(stream, _): &Owned<LossyStream>| {
                Value::Share(stream.missing as f64 / stream.made.max(1) as f64)
            },
        ));
    html! {
        section .card {
            h2 { "Streams that miss most" }
            @if worst.is_empty() && view.csv.is_none() {
                (layout::empty("Nothing is missing", html! {
                    "Every event that a page made in this period has arrived."
                }))
            } @else {
                p .hint {
                    "A stream is one page from its loading to its end. A page that is still open, or "
                    "whose computer is offline, may send what is missing later."
                }
                (sheet.table(&table, worst))
            }
        }
    }
}

fn show_implausible(
    sheet: &Sheet,
    report: &LossReport,
    implausible: Vec<Owned<ImplausibleStream>>,
    view: &View,
    period: &Period,
) -> Markup {
    let table = Table::new(
        "implausible",
        "Implausible streams",
        Sort::down("numbered"),
        "/loss",
        view,
    )
    .with(
        Column::text(
            "stream",
            "Stream",
            |(stream, _): &Owned<ImplausibleStream>| Value::Text(stream.stream_id.clone()),
        )
        .shown(|(stream, _)| html! { code { (stream.stream_id) } }),
    );
    let table = owner_columns(table, view, period.time_zone())
        .with(Column::number(
            "numbered",
            "Numbered",
            |(stream, _): &Owned<ImplausibleStream>| Value::Count(stream.numbered),
        ))
        .with(Column::number(
            "received",
            "Received",
            |(stream, _): &Owned<ImplausibleStream>| Value::Count(stream.received),
        ));
    html! {
        section .card {
            h2 { (format::count(report.implausible, "implausible stream", "implausible streams")) }
            p .hint {
                "The numbers of these streams leave gaps that no page can make, so somebody invented "
                "them. Nothing of these streams counts as missing."
            }
            (sheet.table(&table, implausible))
        }
    }
}
