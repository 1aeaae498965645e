//! The forms of the sandbox's pages: the colleague in a browser.

use super::page::{ROOT, ROOT_PAGE, Site, site};
use super::*;

const CHILD: &str = "acme/security&292";
const CHILD_PAGE: &str = "/groups/acme/security/-/epics/292";

/// More than a label's title can hold.
const TOO_LONG: &str = concat!(
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
    "01234567890123456789012345678901234567890123456789012345",
);

/// A site with an epic to edit.
fn with_child() -> Site {
    let site = site();
    let text = json!({ "descriptionWidget": { "description": "One.\n\n- [ ] a\n- [x] b" } });
    made(&create_epic(&site.sandbox, "Child", text));
    site
}

#[test]
fn one_form_saves_every_field_at_once_and_leaves_its_trace() {
    let site = with_child();
    let seen = site.seen(CHILD_PAGE);
    site.post(
        CHILD_PAGE,
        &[
            ("deed", "edit"),
            ("seen", &seen),
            ("title", "Renamed"),
            ("description", "Two, @bob.\r\n\r\n- [ ] a\r\n- [x] b\r\n"),
            ("new-labels", "common, priority::1, brand new"),
            ("parent", ROOT),
            ("milestone", "18.4"),
            ("assignees", "@bob, alice"),
            ("weight", "3"),
            ("start", "2026-04-01"),
            ("due", "2026-05-01"),
            ("confidential", "on"),
        ],
    )
    .is(303);
    let item = site.sandbox.item(CHILD).unwrap();
    assert_eq!(item.title, "Renamed");
    assert_eq!(item.description, "Two, @bob.\n\n- [ ] a\n- [x] b");
    assert_eq!(item.labels, ["brand new", "common", "priority::1"]);
    assert_eq!(item.parent.as_deref(), Some(ROOT));
    assert_eq!((item.milestone.as_deref(), item.weight), (Some("18.4"), Some(3)));
    assert_eq!(item.assignees, ["bob", "alice"]);
    assert_eq!(
        (item.start_date.as_deref(), item.due_date.as_deref()),
        (Some("2026-04-01"), Some("2026-05-01"))
    );
    assert!(item.confidential);
    assert_eq!((item.lock_version, item.edits), (1, 1), "it is one save");
    let page = site.get(CHILD_PAGE);
    page.says("<del><span>- </span>One.</del>")
        .says("<ins><span>+ </span>Two, @bob.</ins>")
        .says(
            "Notified: <a class=\"person\" href=\"/?q=%40bob\">@bob</a> (mentioned in description)",
        )
        .says("changed title from");
    site.get("/").says("mentioned in description");

    let seen = site.seen(CHILD_PAGE);
    let kept = [("title", "Renamed"), ("description", &item.description)];
    let form = [&[("deed", "edit"), ("seen", &*seen), ("label", "common")], &kept[..]].concat();
    site.post(CHILD_PAGE, &form).is(303);
    let item = site.sandbox.item(CHILD).unwrap();
    assert_eq!(item.labels, ["common"]);
    assert_eq!((item.parent, item.milestone, item.weight, item.due_date), (None, None, None, None));
    assert!(item.assignees.is_empty() && !item.confidential);
    assert_eq!(item.lock_version, 1, "the text stayed");
}

#[test]
fn a_form_that_changes_nothing_writes_nothing_into_the_item() {
    let site = with_child();
    let before = site.sandbox.item(CHILD).unwrap();
    let seen = site.seen(CHILD_PAGE);
    let form = [("deed", "edit"), ("seen", &*seen), ("title", "Child")];
    let text = [("description", "One.\r\n\r\n- [ ] a\r\n- [x] b")];
    site.post(CHILD_PAGE, &[&form[..], &text[..]].concat()).is(303);
    assert_eq!(site.sandbox.item(CHILD).unwrap(), before);
}

#[test]
fn what_gitlab_would_refuse_is_refused_and_stays_typed() {
    let site = with_child();
    let before = site.sandbox.dump();
    let seen = site.seen(CHILD_PAGE);
    let form = |name: &'static str, value: &'static str| {
        let seen = seen.clone();
        let form = [
            ("deed", "edit"),
            ("seen", &*seen),
            ("title", "Typed"),
            ("description", "Typed, too"),
            (name, value),
        ];
        site.post(CHILD_PAGE, &form)
    };
    for (name, value, reason) in [
        ("parent", CHILD, "is not allowed to point to itself"),
        ("parent", "acme/nowhere&1", "there is no item acme/nowhere&amp;1"),
        ("weight", "many", "is not a number"),
        ("due", "soon", "is not a valid date"),
        ("milestone", "elsewhere", "there is no milestone elsewhere"),
        ("assignees", "nobody", "there is no user nobody"),
        ("new-labels", TOO_LONG, "Title is too long"),
    ] {
        form(name, value)
            .is(422)
            .says(reason)
            .says("value=\"Typed\"")
            .says("\nTyped, too</textarea>");
        assert_eq!(site.sandbox.dump(), before, "{name}");
    }
    let child = [("deed", "child"), ("title", "Kept title"), ("home", "8 acme/security/tools")];
    site.post(ROOT_PAGE, &child).is(422).says("value=\"Kept title\"");
    site.post(ROOT_PAGE, &[("deed", "comment"), ("body", " ")])
        .is(422)
        .says("Note can&#39;t be blank");
    site.post(ROOT_PAGE, &[("deed", "delete")]).is(422);
    assert_eq!(site.sandbox.dump(), before);
}

#[test]
fn a_form_from_before_somebody_elses_change_overwrites_nothing() {
    let site = with_child();
    let seen = site.seen(CHILD_PAGE);
    let theirs = "Theirs.\n\n- [ ] a\n- [x] b";
    site.sandbox.edit("bob", CHILD, Edit::Description(theirs.to_owned())).unwrap();
    let form = |seen: &str| {
        let form = [("deed", "edit"), ("seen", seen), ("title", "Child"), ("description", "Mine")];
        site.post(CHILD_PAGE, &form)
    };
    form(&seen).is(422).says("Somebody changed this item").says("\nMine</textarea>");
    site.post(CHILD_PAGE, &[("deed", "flip"), ("seen", &seen), ("box", "0")]).is(422);
    assert_eq!(site.sandbox.item(CHILD).unwrap().description, theirs);
    form(&site.seen(CHILD_PAGE)).is(303);
    assert_eq!(site.sandbox.item(CHILD).unwrap().description, "Mine");
}

#[test]
fn a_box_is_flipped_by_its_place() {
    let site = with_child();
    for (nth, text) in [("0", "- [x] a\n- [x] b"), ("1", "- [x] a\n- [ ] b")] {
        let seen = site.seen(CHILD_PAGE);
        site.post(CHILD_PAGE, &[("deed", "flip"), ("seen", &seen), ("box", nth)]).is(303);
        assert!(site.sandbox.item(CHILD).unwrap().description.ends_with(text));
    }
    site.get(CHILD_PAGE).says("1 of 2 ticked").says("aria-checked=\"true\" title=\"Untick\"");
    for nth in ["2", "-1", ""] {
        let seen = site.seen(CHILD_PAGE);
        let form = [("deed", "flip"), ("seen", &*seen), ("box", nth)];
        site.post(CHILD_PAGE, &form).is(422).says("no such task box");
    }
}

#[test]
fn comments_stand_in_threads_and_their_commands_are_carried_out() {
    let site = with_child();
    site.post(CHILD_PAGE, &[("deed", "comment"), ("body", "Ready, @bob?\r\n/close")]).is(303);
    let page = site.get(CHILD_PAGE).says("(mentioned in comment)").says("Ready, ");
    let (_, rest) = page.body.split_once("id=\"note_").unwrap();
    let thread = rest.split('"').next().unwrap();
    site.post(CHILD_PAGE, &[("deed", "comment"), ("body", "Yes."), ("thread", thread)]).is(303);
    let page = site.get(CHILD_PAGE);
    let (_, thread) = page.body.split_once("<div class=\"thread\">").unwrap();
    let (thread, _) = thread.split_once("<summary>Reply").unwrap();
    assert!(thread.contains("Ready, ") && thread.contains("Yes."), "{thread}");
    assert_eq!(site.sandbox.item(CHILD).unwrap().state, "CLOSED");
    site.get(CHILD_PAGE).says("Quick actions run: <code>/close</code>");
    assert_eq!(site.sandbox.quick_actions()[0].command, "/close");
    site.get("/").says("<code>/close</code>");
    site.post(CHILD_PAGE, &[("deed", "reopen")]).is(303);
    assert_eq!(site.sandbox.item(CHILD).unwrap().state, "OPEN");
}

#[test]
fn a_child_is_made_where_the_form_says() {
    let site = site();
    site.get(ROOT_PAGE).says("value=\"8 acme/security\"").says("value=\"1 acme/security/tools\"");
    for (home, title) in
        [("8 acme/security", "Epic below"), ("1 acme/security/tools", "Issue below")]
    {
        let form = [("deed", "child"), ("title", title), ("description", "Why."), ("home", home)];
        let made = site.post(ROOT_PAGE, &form).is(303);
        site.get(&made.location).is(200).says(title).says("Why.").says(">Root</a>");
    }
    let root = site.sandbox.item(ROOT).unwrap();
    assert_eq!(root.children, ["acme/security/tools#1", "acme/security&292"]);
}

#[test]
fn anybody_can_be_played() {
    let site = site();
    let made = site.post("/-/colleague", &[("new", "@carol"), ("back", ROOT_PAGE)]).is(303);
    assert_eq!(made.location, ROOT_PAGE);
    assert!(made.cookie.contains("as=carol;") && made.cookie.contains("SameSite=Strict"));
    let origin = site.url("");
    let headers = [("origin", &*origin), ("cookie", "epictree-sandbox-as=carol")];
    assert_eq!(site.sandbox.item(ROOT).unwrap().author, "sandbox-bot");
    let answer =
        site.sandbox.execute(Some("as:carol"), b"{\"query\":\"{ currentUser { username } }\"}");
    assert_eq!(answer.status, 200, "the API knows her now");
    site.post_with("/-/colleague", &[("as", "bob"), ("back", "//evil.test/")], &headers[..1])
        .is(303);
    let away = site.post("/-/colleague", &[("as", "bob"), ("back", "//evil.test/")]);
    assert_eq!(away.location, "/evil.test/");
    for name in ["", "a b", "<script>", "-x", "x".repeat(300).as_str()] {
        site.post("/-/colleague", &[("new", name)])
            .is(422)
            .says("is invalid")
            .does_not_say("<script>alert");
    }
}
