//! Importing a file, and adding and deleting records by hand.

use anyhow::{Result, ensure};
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

pub async fn a_file_is_chosen_tried_and_imported(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("users, \"exported\".csv");
    std::fs::write(
        &file,
        "user_id;account_id;first_name\r\neva@kestrel.example;kestrel;Éva\r\n",
    )?;
    dashboard.goto("/import").await?;
    dashboard
        .run::<Value>("document.querySelector('select[name=kind]').value = 'users';")
        .await?;
    let field = dashboard.find("input[type=file]").await?;
    field.send_keys(&file.to_string_lossy()).await?;
    dashboard.click("main button.primary").await?;
    dashboard
        .until(
            "document.querySelector('main [role=status] h2')?.textContent === 'What would change'",
        )
        .await?;
    let report = dashboard.text("main section[role=status]").await?;
    ensure!(report.contains("1 new: eva@kestrel.example"), "{report}");
    let path = "account_users/eva@kestrel.example";
    ensure!(
        dashboard.collector().get(path).await.is_err(),
        "a dry run imports"
    );
    // The import uses exactly the table of the dry run.
    dashboard.click("main button[name=do]").await?;
    dashboard
        .until(
            "document.querySelector('main [role=status] h2')?.textContent === 'What has changed'",
        )
        .await?;
    let user = dashboard.collector().get(path).await?;
    ensure!(user["first_name"] == "Éva", "{user}");
    dashboard.is_clean().await
}

pub async fn a_file_that_is_too_large_is_refused_in_words(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("large.csv");
    std::fs::write(&file, "account_id,name\n".repeat(600_000))?;
    dashboard.goto("/import").await?;
    let field = dashboard.find("input[type=file]").await?;
    field.send_keys(&file.to_string_lossy()).await?;
    dashboard.click("main button.primary").await?;
    dashboard
        .until("document.querySelector('h1')?.textContent === 'This is too long'")
        .await?;
    let words = dashboard.text("main").await?;
    ensure!(words.contains("more than 8 MiB"), "{words}");
    Ok(())
}

pub async fn a_note_is_entered_and_deleted_by_two_presses(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.goto("/accounts/kestrel/records").await?;
    dashboard.click(".entries summary").await?;
    let subject = dashboard.find("input[name=subject]").await?;
    subject.send_keys("Entered by mistake").await?;
    dashboard.click(".entries form button").await?;
    let row = "[...document.querySelectorAll('main tr')].find((of) => of.innerText.includes('Entered by mistake'))";
    dashboard.until(row).await?;
    dashboard
        .run::<Value>(&format!("{row}.id = 'mistake';"))
        .await?;
    // The first click opens a confirmation and does not delete. WebKit's driver regards the
    // contents of closed details as visible.
    let is_shown: bool = dashboard
        .run("return document.querySelector('#mistake form button').checkVisibility();")
        .await?;
    ensure!(!is_shown, "one press would delete");
    dashboard.click("#mistake summary").await?;
    dashboard.click("#mistake form button").await?;
    dashboard.until(&format!("!({row})")).await?;
    let notes = dashboard.collector().get("accounts/kestrel/notes").await?;
    ensure!(!notes.to_string().contains("Entered by mistake"), "{notes}");
    dashboard.is_clean().await
}

pub async fn a_user_is_moved_by_two_presses_and_the_answer_is_in_view(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    let user = "account_users/moved-by-hand";
    let record = json!({"user_id": "moved-by-hand", "account_id": "kestrel"});
    dashboard
        .collector()
        .put("account_users/moved-by-hand", &record)
        .await?;
    dashboard.goto("/users/moved-by-hand").await?;
    dashboard.click("main .edit").await?;
    let account = dashboard.find("input[name=account_id]").await?;
    account.clear().await?;
    account.send_keys("meridian-iberia-porto").await?;
    dashboard.click("main button.primary").await?;
    dashboard
        .until("document.querySelector('main .notice h2')?.textContent.includes('to Porto?')")
        .await?;
    let unmoved = dashboard.collector().get(user).await?;
    ensure!(
        unmoved["account_id"] == "kestrel",
        "one press moves: {unmoved}"
    );
    dashboard.click("main button.primary").await?;
    dashboard
        .until("location.pathname === '/users/moved-by-hand'")
        .await?;
    let moved = dashboard.collector().get(user).await?;
    ensure!(moved["account_id"] == "meridian-iberia-porto", "{moved}");
    // What a button did stands where the browser scrolls to.
    dashboard.goto("/alerts?done=added#done").await?;
    let is_in_view: bool = dashboard
        .run(
            "const { top, bottom } = document.getElementById('done').getBoundingClientRect();
             return top >= 0 && bottom <= innerHeight;",
        )
        .await?;
    ensure!(is_in_view, "the message is out of view");
    dashboard.is_clean().await
}
