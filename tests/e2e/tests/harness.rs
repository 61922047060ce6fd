//! Tests of the harness itself: what it reports about a page and a failing server is true.

use anyhow::{Result, ensure};
use natero_e2e::fault::{Answer, FaultServer};
use natero_e2e::page::Page;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    a_page_hands_over_values_and_errors,
    whatever_goes_wrong_in_a_page_is_noted,
    a_held_file_arrives_once_released,
    wasm_is_served_as_wasm,
    no_cookie_outlives_its_test,
    a_script_is_answered_in_order_and_recorded,
    resets_silence_and_raw_bytes_fail_a_fetch,
    a_server_that_is_down_resets_preflights_too,
    a_held_answer_comes_once_released,
);

async fn bare_site() -> Result<Site> {
    let site = Site::start(&[("", Site::pages())]).await?;
    site.put_html(
        "/bare.html",
        "<!doctype html><title>bare</title><script src=/watch.js></script>",
    );
    Ok(site)
}

async fn a_page_hands_over_values_and_errors(stage: &Stage) -> Result<()> {
    let site = bare_site().await?;
    let page = stage.open(&site, "/bare.html").await?;
    let sum: u32 = page
        .run("return args[0] + args[1];", json!([40, 2]))
        .await?;
    ensure!(sum == 42, "the page added up to {sum}");
    let error = page
        .act("null.missing;", Value::Null)
        .await
        .expect_err("the page throws");
    ensure!(error.to_string().contains("TypeError"), "{error}");
    page.is_untroubled().await
}

async fn whatever_goes_wrong_in_a_page_is_noted(stage: &Stage) -> Result<()> {
    let site = bare_site().await?;
    // Browsers hide the errors of scripts that a driver inserts. So the failing code is part
    // of the page, as the package is in other tests.
    site.put_html(
        "/failing.html",
        "<!doctype html><script src=/watch.js></script><script>
           function fail() {
             setTimeout(() => { throw new Error('thrown'); });
             Promise.reject(new Error('rejected'));
             console.error('logged', 1);
           }
         </script>",
    );
    let page = stage.open(&site, "/failing.html").await?;
    page.act("fail();", Value::Null).await?;
    page.until("trouble.errors.length && trouble.rejections.length")
        .await?;
    let trouble = page.trouble().await?;
    ensure!(trouble.errors[0].contains("thrown"), "{trouble:?}");
    ensure!(trouble.rejections[0].contains("rejected"), "{trouble:?}");
    ensure!(trouble.console == ["logged 1"], "{trouble:?}");
    Ok(())
}

async fn a_held_file_arrives_once_released(stage: &Stage) -> Result<()> {
    let site = bare_site().await?;
    site.put_json("/late.json", &json!({ "late": true }));
    let hold = site.hold("late.json");
    let page = stage.open(&site, "/bare.html").await?;
    page.act(
        "fetch('/late.json').then(() => { window.arrived = true; });",
        Value::Null,
    )
    .await?;
    site.until_requested("late.json").await?;
    let early: bool = page
        .run("return window.arrived === true;", Value::Null)
        .await?;
    ensure!(!early, "the file arrived although it was held");
    hold.release();
    page.until("window.arrived").await
}

async fn wasm_is_served_as_wasm(_: &Stage) -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("a.wasm"), b"\0asm")?;
    let site = Site::start(&[("/pkg", folder.path()), ("", Site::pages())]).await?;
    let answer = reqwest::get(site.url("/pkg/a.wasm")).await?;
    ensure!(
        answer.headers()["content-type"] == "application/wasm",
        "{:?}",
        answer.headers()
    );
    Ok(())
}

async fn no_cookie_outlives_its_test(stage: &Stage) -> Result<()> {
    let first = bare_site().await?;
    let page = stage.open(&first, "/bare.html").await?;
    page.act("document.cookie = 'left=over';", Value::Null)
        .await?;
    let second = bare_site().await?;
    let page = stage.open(&second, "/bare.html").await?;
    let cookies: String = page.run("return document.cookie;", Value::Null).await?;
    ensure!(cookies.is_empty(), "{cookies}");
    Ok(())
}

/// Posts to the server from the page. Returns the status, or how the request failed.
async fn post(page: &Page<'_>, server: &FaultServer) -> Result<Value> {
    page.run(
        "try {
           const answer = await fetch(args[0], {
             method: 'POST', body: '{\"n\":1}\\n', headers: {'content-type': 'application/json'},
             signal: AbortSignal.timeout(1000) });
           return [answer.status, answer.headers.get('retry-after'), await answer.text()];
         } catch (error) { return error.name; }",
        json!([format!("{}/v1/a/b", server.url())]),
    )
    .await
}

async fn a_script_is_answered_in_order_and_recorded(stage: &Stage) -> Result<()> {
    let site = bare_site().await?;
    let server = FaultServer::start().await?;
    server.script([
        Answer::status(503).with_header("retry-after", "7"),
        Answer::garbage("<html>"),
    ]);
    let page = stage.open(&site, "/bare.html").await?;
    let answers = [post(&page, &server).await?, post(&page, &server).await?];
    ensure!(
        answers[0] == json!([503, "7", r#"{"error":"told to answer 503"}"#]),
        "{answers:?}"
    );
    ensure!(answers[1] == json!([200, null, "<html>"]), "{answers:?}");
    let third = post(&page, &server).await?;
    ensure!(
        third[2]
            .as_str()
            .is_some_and(|body| body.contains(r#""accepted":1"#)),
        "{third}"
    );
    let recorded = server.recorded();
    ensure!(
        recorded.len() == 3 && recorded[0].target == "/v1/a/b",
        "{recorded:?}"
    );
    ensure!(recorded[0].lines()? == [json!({ "n": 1 })]);
    ensure!(
        server.preflights() > 0,
        "a JSON body across origins needs a preflight"
    );
    Ok(())
}

async fn resets_silence_and_raw_bytes_fail_a_fetch(stage: &Stage) -> Result<()> {
    let site = bare_site().await?;
    let server = FaultServer::start().await?;
    let page = stage.open(&site, "/bare.html").await?;
    for (answer, failures) in [
        (Answer::Reset, ["TypeError"; 2]),
        (
            Answer::Raw(b"no HTTP at all\r\n\r\n".to_vec()),
            ["TypeError"; 2],
        ),
        // WebKit has no separate error name for a signal that timed out.
        (Answer::Silence, ["TimeoutError", "AbortError"]),
    ] {
        // Set as the default answer instead of scripted: a browser itself repeats a request
        // whose reused connection was reset, and would consume two scripted answers.
        server.otherwise(answer.clone());
        let result = post(&page, &server).await?;
        ensure!(
            failures.iter().any(|name| result == *name),
            "{answer:?} gave {result}"
        );
    }
    Ok(())
}

async fn a_server_that_is_down_resets_preflights_too(stage: &Stage) -> Result<()> {
    let site = bare_site().await?;
    let server = FaultServer::start().await?;
    server.set_down(true);
    let page = stage.open(&site, "/bare.html").await?;
    ensure!(post(&page, &server).await? == "TypeError");
    ensure!(server.recorded().is_empty() && server.preflights() == 0);
    server.set_down(false);
    let up = post(&page, &server).await?;
    ensure!(up[0] == 200, "{up}");
    Ok(())
}

async fn a_held_answer_comes_once_released(stage: &Stage) -> Result<()> {
    let site = bare_site().await?;
    let server = FaultServer::start().await?;
    let page = stage.open(&site, "/bare.html").await?;
    let (hold, answer) = Answer::Accept.held();
    server.script([answer]);
    let late = async {
        server.until_recorded(1).await?;
        hold.release();
        Ok::<_, anyhow::Error>(())
    };
    let (answered, released) = tokio::join!(post(&page, &server), late);
    released?;
    ensure!(answered?[0] == 200);
    Ok(())
}
