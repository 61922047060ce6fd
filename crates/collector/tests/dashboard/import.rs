//! Importing a table: from a file, or pasted.

use axum::{body::Body, http::Request};
use serde_json::json;

use crate::support::{
    Collector,
    browser::{Browser, assert_shows},
    feature,
};

/// The names of the fields of a form, and their contents.
type Fields<'a> = &'a [(&'a str, &'a [u8])];

#[tokio::test]
async fn a_dry_run_says_what_an_import_changes_and_changes_nothing() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let record = json!({"records": [{"account_id": "same", "name": "Same"}]});
    collector
        .change("POST", "/api/v2/accounts", Some(record))
        .await;
    let browser = Browser::of(&collector).await;
    let table = "account_id,name,parent_account_id,tier\n\
                 acme,Acme,group,gold\n\
                 group,Group,,\n\
                 same,Same,,\n\
                 new,,ghots,tin\n\
                 loop,Loop,loop,\n";
    let form = [
        ("kind", &b"accounts"[..]),
        ("file", b""),
        ("table", table.as_bytes()),
    ];
    let report = [
        "2 new: <code>group</code>, <code>new</code>",
        "1 changed: <code>acme</code>",
        "1 unchanged",
        "1 account is named and nowhere described: <code>ghots</code>",
        "1 line is refused:",
        "Line 6: this parent would make a cycle",
    ];
    let page = browser.upload("/import", &form).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_shows(&page.text, &["What would change", "acme,Acme,group,gold"]);
    assert_shows(&page.text, &report);
    assert_eq!(collector.count("SELECT COUNT(*) FROM accounts"), 2);
    assert_eq!(
        collector.get("/api/v2/accounts/acme").await["name"],
        json!(null)
    );

    let page = browser
        .upload("/import", &[form[0], form[2], ("do", b"import")])
        .await;
    assert_shows(&page.text, &["What has changed"]);
    assert_shows(&page.text, &report);
    let acme = collector.get("/api/v2/accounts/acme").await;
    assert_eq!(
        (&acme["name"], &acme["parent_account_id"]),
        (&json!("Acme"), &json!("group"))
    );
    assert_eq!(acme["details"]["tier"], "gold");
    assert_eq!(
        collector
            .call("GET", "/api/v2/accounts/loop", None)
            .await
            .status,
        404
    );
    // The second time there is nothing left to do.
    let again = browser.upload("/import", &form).await;
    assert_shows(&again.text, &["0 new", "0 changed", "4 unchanged"]);
}

#[tokio::test]
async fn an_import_says_whose_usage_will_no_longer_count() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let browser = Browser::of(&collector).await;
    let table = b"account_id,parent_account_id\nnew,acme\n";
    let page = browser
        .upload("/import", &[("kind", b"accounts"), ("table", table)])
        .await;
    assert_shows(
        &page.text,
        &[
            "The usage of <code>acme</code> will no longer count",
            "1 event of its own",
        ],
    );
}

#[tokio::test]
async fn users_are_imported_and_a_move_is_refused_without_being_asked_for() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let browser = Browser::of(&collector).await;
    let table = "user_id;account_id;first_name\nann;other;Ann\nbob;acme;Bob\n";
    let form = [
        ("kind", &b"users"[..]),
        ("table", table.as_bytes()),
        ("do", b"import"),
    ];
    let page = browser.upload("/import", &form).await;
    assert_shows(
        &page.text,
        &[
            "1 new: <code>bob</code>",
            "Line 2: user",
            "belongs to account",
            "add &quot;move&quot;: true to the record, or a column `move` with `true` to the table",
        ],
    );
    assert_eq!(
        collector.get("/api/v2/account_users/bob").await["first_name"],
        "Bob"
    );
    let moving = [
        ("kind", &b"users"[..]),
        ("table", b"user_id,account_id,move\nann,other,true\n"),
        ("do", b"import"),
    ];
    let page = browser.upload("/import", &moving).await;
    assert_shows(&page.text, &["1 changed: <code>ann</code>"]);
    let ann = collector.get("/api/v2/account_users/ann").await;
    assert_eq!(ann["account_id"], "other");
    let viewer = Browser::with_key(&collector, &collector.viewer_key(None)).await;
    assert_eq!(viewer.ask("/import").await.status, 403);
    assert_eq!(viewer.upload("/import", &form).await.status, 403);
}

#[tokio::test]
async fn a_file_is_tried_and_then_imported_as_it_was_shown() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    // As a spreadsheet saves it: with a byte order mark, and CR LF at the end of each line.
    let file = "\u{feff}account_id;name\r\nacme;\"Acme & <Sons>\"\r\nzrh;Zürich\r\n";
    let tried = browser
        .upload(
            "/import",
            &[
                ("kind", b"accounts"),
                ("file", file.as_bytes()),
                ("table", b"\r\n"),
            ],
        )
        .await;
    assert_eq!(tried.status, 200, "{}", tried.text);
    assert_shows(
        &tried.text,
        &[
            "What would change",
            "2 new: <code>acme</code>, <code>zrh</code>",
            "Acme &amp; &lt;Sons&gt;",
        ],
    );
    // The form holds the table and offers no file field, so that the import does what the
    // dry run showed.
    assert!(!tried.text.contains("type=\"file\""));
    assert_eq!(collector.count("SELECT COUNT(*) FROM accounts"), 0);
    let imported = browser
        .upload(
            "/import",
            &[
                ("kind", b"accounts"),
                ("table", file.as_bytes()),
                ("do", b"import"),
            ],
        )
        .await;
    assert_shows(&imported.text, &["What has changed", "2 new"]);
    let name =
        async |id: &str| collector.get(&format!("/api/v2/accounts/{id}")).await["name"].clone();
    assert_eq!(name("acme").await, "Acme & <Sons>");
    assert_eq!(name("zrh").await, "Zürich");
}

#[tokio::test]
async fn a_form_that_cannot_be_read_says_why() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let page = browser.open("/import").await;
    assert_shows(&page, &["type=\"file\"", "enctype=\"multipart/form-data\""]);
    let table = b"user_id,account_id\nann,acme\n";
    let large = vec![b'x'; 9 * 1024 * 1024];
    let cases: [(Fields<'_>, u16, &str); 8] = [
        (
            &[("kind", b"users"), ("file", b""), ("table", b" \r\n")],
            422,
            "neither a file nor a pasted table",
        ),
        (
            &[("kind", b"users"), ("file", table), ("table", table)],
            422,
            "both a file and a pasted table",
        ),
        (
            &[("kind", b"users"), ("file", b"PK\x03\x04\xff\xfe")],
            422,
            "CSV UTF-8",
        ),
        (
            &[("kind", b"things"), ("table", table)],
            422,
            "whether the lines are accounts or users",
        ),
        (
            &[("table", table)],
            422,
            "whether the lines are accounts or users",
        ),
        (
            &[
                ("kind", b"users"),
                ("file", b"user_id,account_id\na,b,c\nu,a"),
            ],
            200,
            "Line 2: it has 3 cells and the line of names 2",
        ),
        (
            &[("kind", b"users"), ("file", b"a,\"b\nc,d")],
            422,
            "is not closed",
        ),
        (&[("kind", b"users"), ("file", &large)], 413, "8 MiB"),
    ];
    for (fields, status, words) in cases {
        let answer = browser.upload("/import", fields).await;
        assert_eq!(answer.status, status, "{words}: {}", answer.text);
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
    }
    for (kind, body, status) in [
        (
            "application/x-www-form-urlencoded",
            "kind=users&table=a",
            415,
        ),
        ("multipart/form-data", "--b--", 415),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nus",
            400,
        ),
    ] {
        let request = Request::post("/import")
            .header("cookie", &browser.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", kind)
            .body(Body::from(body))
            .unwrap();
        assert_eq!(collector.ask(request).await.status, status, "{kind} {body}");
    }
    // A form from another site is refused before it is read.
    let request = Request::post("/import")
        .header("cookie", &browser.cookie)
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Body::from("--b--"))
        .unwrap();
    assert_eq!(collector.ask(request).await.status, 403);
}

#[tokio::test]
async fn a_pasted_table_that_is_refused_stays_in_the_form() {
    let collector = Collector::new();
    let browser = Browser::of(&collector).await;
    let table = b"user_id,account_id\na,\"<b>\n";
    for (field, text) in [
        ("table", "user_id,account_id\na,&quot;&lt;b&gt;\n"),
        // A file does not have to be sent back: the user corrects it and chooses it again.
        ("file", ""),
    ] {
        let fields = [("kind", &b"users"[..]), (field, &table[..])];
        let answer = browser.upload("/import", &fields).await;
        assert_eq!(answer.status, 422);
        assert_shows(
            &answer.text,
            &[
                "<option value=\"users\" selected>",
                &format!(">\n{text}</textarea>"),
                "is not closed",
                "type=\"file\"",
            ],
        );
        // Without a dry run, the form offers no import.
        assert!(!answer.text.contains("value=\"import\""));
    }
}
