//! The folder the state is kept in.

use super::*;

/// Makes a folder whose journal holds a few mutations; returns the dump after each.
fn history(dir: &std::path::Path) -> Vec<Value> {
    let sandbox = Sandbox::open(dir, &small_seed()).unwrap();
    let mut dumps = vec![sandbox.dump()];
    create(&sandbox, "g", 8, "one", json!({}));
    dumps.push(sandbox.dump());
    update(&sandbox, "g&1", json!({ "title": "two", "stateEvent": "CLOSE" }));
    dumps.push(sandbox.dump());
    create(&sandbox, "g", 8, "é", under(&sandbox, "g&1"));
    dumps.push(sandbox.dump());
    dumps
}

fn small_seed() -> Seed {
    Seed { groups: vec!["g".to_owned()], ..Seed::default() }
}

#[test]
fn a_journal_cut_at_any_byte_gives_the_state_after_a_whole_mutation() {
    let dir = tempfile::tempdir().unwrap();
    let dumps = history(dir.path());
    let journal = std::fs::read(dir.path().join("journal.jsonl")).unwrap();
    let snapshot = std::fs::read(dir.path().join("snapshot.json")).unwrap();
    for end in 0..=journal.len() {
        std::fs::write(dir.path().join("journal.jsonl"), &journal[..end]).unwrap();
        std::fs::write(dir.path().join("snapshot.json"), &snapshot).unwrap();
        let whole = journal[..end].iter().filter(|byte| **byte == b'\n').count();
        let sandbox = Sandbox::open(dir.path(), &small_seed()).unwrap();
        assert_eq!(sandbox.dump(), dumps[whole], "cut at {end}");
    }
}

#[test]
fn a_journal_that_the_snapshot_already_holds_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dumps = history(dir.path());
    let journal = std::fs::read(dir.path().join("journal.jsonl")).unwrap();
    drop(Sandbox::open(dir.path(), &small_seed()).unwrap());
    assert_eq!(std::fs::read(dir.path().join("journal.jsonl")).unwrap(), b"");
    std::fs::write(dir.path().join("journal.jsonl"), &journal[..journal.len() / 2]).unwrap();
    let sandbox = Sandbox::open(dir.path(), &small_seed()).unwrap();
    assert_eq!(Some(&sandbox.dump()), dumps.last());
}

#[test]
fn a_reopened_sandbox_goes_on_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(dir.path(), &seed()).unwrap();
    let text = json!({ "descriptionWidget": { "description": "@alice\n/close" } });
    made(&create_epic(&sandbox, "one", text.clone()));
    let before = (sandbox.items(), sandbox.notifications(), sandbox.quick_actions());
    drop(sandbox);
    let sandbox = Sandbox::open(dir.path(), &seed()).unwrap();
    let after = (sandbox.items(), sandbox.notifications(), sandbox.quick_actions());
    assert_eq!(before, after);
    assert_eq!(made(&create_epic(&sandbox, "two", text)), "acme/security&293");
    assert_eq!(sandbox.item("acme/security&293").unwrap().created_at, "2026-01-05T09:00:02Z");
}

#[test]
fn a_seed_adds_what_is_missing_and_changes_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(dir.path(), &seed()).unwrap();
    update(&sandbox, "acme/security&291", json!({ "title": "Changed" }));
    drop(sandbox);
    let mut more = seed();
    more.items.push(SeedItem {
        reference: "acme/security/tools#12".to_owned(),
        title: "Seeded".to_owned(),
        description: String::new(),
        parent: Some("acme/security&291".to_owned()),
        labels: vec!["brand new".to_owned()],
    });
    let sandbox = Sandbox::open(dir.path(), &more).unwrap();
    assert_eq!(sandbox.item("acme/security&291").unwrap().title, "Changed");
    assert_eq!(sandbox.item("acme/security&291").unwrap().children, ["acme/security/tools#12"]);
    assert_eq!(made(&create_issue(&sandbox, "x", json!({}))), "acme/security/tools#13");
}

#[test]
fn a_second_opener_is_told_which_folder_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let _first = Sandbox::open(dir.path(), &seed()).unwrap();
    let error = Sandbox::open(dir.path(), &seed()).unwrap_err().to_string();
    assert!(error.contains(&dir.path().display().to_string()), "{error}");
}

#[test]
fn a_damaged_line_is_reported_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    history(dir.path());
    let file = dir.path().join("journal.jsonl");
    let journal = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, journal.replacen("{\"sequence\":2", "{\"sequence\":x", 1)).unwrap();
    let error = Sandbox::open(dir.path(), &seed()).unwrap_err().to_string();
    assert!(error.contains("journal.jsonl is damaged at line 2"), "{error}");
}
