//! A tracked app with reports and a customer list: it records which module somebody is in,
//! for how long, and what they use there.

mod tracking;

use leptos::prelude::*;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::path;
use natero_wasm::Feature;
use serde::Serialize;

use tracking::{provide_tracker, use_module, use_tracker};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    provide_tracker();
    view! {
        <Router>
            <nav>
                <A href="/reports">"Reports"</A>
                " "
                <A href="/customers">"Customers"</A>
            </nav>
            <main>
                <Routes fallback=|| view! { <p>"Choose a page."</p> }>
                    <Route path=path!("/reports") view=Reports/>
                    <Route path=path!("/customers") view=Customers/>
                </Routes>
            </main>
            <Counters/>
        </Router>
    }
}

/// The details of an export.
#[derive(Serialize)]
struct Export {
    format: &'static str,
}

#[component]
fn Reports() -> impl IntoView {
    use_module("reports");
    let tracker = use_tracker();
    let export = move |_| {
        let export = Feature::new("export").total(3.0).details(&Export { format: "csv" });
        // A wrong call only prints a line on the console; nothing else depends on it.
        let _ = tracker.send_feature(export);
    };
    view! {
        <h1>"Reports"</h1>
        <button id="export" on:click=export>"Export three"</button>
    }
}

#[component]
fn Customers() -> impl IntoView {
    use_module("customers");
    let tracker = use_tracker();
    let add = move |_| {
        let _ = tracker.send_feature("add customer");
    };
    view! {
        <h1>"Customers"</h1>
        <button id="add" on:click=add>"Add one"</button>
    }
}

/// Shows how many events were accepted, delivered and dropped, and sends those that wait.
#[component]
fn Counters() -> impl IntoView {
    let tracker = use_tracker();
    let (told, tell) = signal(String::from("nothing sent yet"));
    let send = move |_| {
        leptos::task::spawn_local(async move {
            let flushed = tracker.flush().await.unwrap_or_default();
            tell.set(format!("{} delivered, {} pending", flushed.delivered, flushed.pending));
        });
    };
    view! {
        <footer>
            <button id="send" on:click=send>"Send now"</button>
            <output>{told}</output>
        </footer>
    }
}
