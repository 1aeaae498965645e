//! `[[comment]]`: what it may say, what it becomes, and what is wrong with it.

use super::support::{Case, messages};
use crate::text::{Slot, Text};

const COMMENT: &str = r#"
[table.handover.fields]
ask = "bool"
ask-again = { list = { ref = "groups" } }
[[comment]]
on = "top"
for-each = "groups"
key = "ask/{{ each.id }}"
when = "handover.ask"
again = "each.label in handover.ask_again"
template = "ask.md"
reply = "more.md"
"#;

const ASK: &str = "{{ mention(handles=[each.pm, each.em]) }}: whose is\n{%- for p in part %}{% if each.label in p.groups %}\n- {{ about(entry=\"part/\" ~ p.id) }}{{ ref(key=p.key) }}+\n{%- endif %}{% endfor %}\n\nSee {{ tool.summary }}";
const MORE: &str = "And {{ about(entry=\"part/one\") }}one.\n\n{{ mention(handles=each.em) }} too.";

fn case() -> Case {
    let mut case = Case::default();
    case.blueprint += COMMENT;
    case.assets.push(("templates/base/ask.md".into(), ASK.into()));
    case.assets.push(("templates/base/more.md".into(), MORE.into()));
    case.owners = "[groups.'group::one']\npm = ['@pm']\nem = ['@em']\n".into();
    case.tool += "[handover]\nask = true\n";
    case
}

fn filled(text: &Text) -> String {
    text.fill(|slot| match slot {
        Slot::Ref(key) => format!("<{}>", key.local()),
        Slot::Tick(_) => "?".into(),
        Slot::Mention(people) => format!("<@{}>", people.join(" @")),
        Slot::About(names) => format!("<about {}>", names.join(" ")),
    })
}

#[test]
fn a_group_gets_a_comment_with_its_people_and_entries() {
    let loaded = case().load();
    assert_eq!(messages(&loaded), [""; 0]);
    let comments = &loaded.trees[0].comments;
    assert_eq!(comments.len(), 1);
    let comment = &comments[0];
    assert_eq!((comment.key.local(), comment.on.local()), ("ask/group-one", "top"));
    assert_eq!(
        filled(&comment.text),
        "<@pm @em>: whose is\n- <about part/one><part/one>+\n\nSee Hunts."
    );
    assert_eq!(filled(comment.reply.as_ref().unwrap()), "And <about part/one>one.\n\n<@em> too.");
    assert_eq!((comment.again, comment.unowned.as_deref()), (false, None));
    assert_eq!(comment.people().collect::<Vec<_>>(), ["pm", "em"]);
}

#[test]
fn nobody_is_asked_unless_the_file_says_so() {
    let mut case = case();
    case.tool = case.tool.replace("ask = true", "ask = false");
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    assert_eq!(loaded.trees[0].comments, []);
}

#[test]
fn a_group_without_people_is_named() {
    let mut case = case();
    case.owners = "[groups.'group::one']\nslack = '#one'\n".into();
    let loaded = case.load();
    let comment = &loaded.trees[0].comments[0];
    assert_eq!(comment.unowned.as_deref(), Some("group::one"));
    assert_eq!(comment.people().count(), 0);
}

#[test]
fn a_group_is_asked_again_by_its_label() {
    let mut case = case();
    case.tool += "ask-again = ['group::one']\n";
    assert!(case.load().trees[0].comments[0].again);
    case.tool = case.tool.replace("['group::one']", "['group::two']");
    let loaded = case.load();
    assert_eq!(
        messages(&loaded),
        ["tools/hunter.toml:28: `ask-again` names `group::two`, which is no group here"]
    );
}

#[test]
fn old_ids_are_known_by_the_comment() {
    let mut case = case();
    case.tool = case.tool.replacen("id = \"one\"", "id = \"one\"\nwas = ['uno']", 1).replacen(
        "[[part]]",
        "was = ['seeker']\n[[part]]",
        1,
    );
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    let comment = &loaded.trees[0].comments[0];
    let was: Vec<_> = comment.was.iter().map(ToString::to_string).collect();
    assert_eq!(was, ["seeker/ask/group-one"]);
    assert!(filled(&comment.text).contains("<about part/one part/uno>"));
}

#[test]
fn a_comment_may_be_for_each_entry_or_once_and_then_mentions_nobody() {
    let mut case = case();
    case.blueprint = case
        .blueprint
        .replace("for-each = \"groups\"\nkey = \"ask/{{ each.id }}\"", "key = \"ask\"")
        .replace("again = \"each.label in handover.ask_again\"\n", "")
        .replace("reply = \"more.md\"\n", "");
    case.assets.retain(|(path, _)| !path.ends_with("more.md"));
    case.assets.push(("templates/base/ask.md".into(), "Hello.".into()));
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    assert_eq!(filled(&loaded.trees[0].comments[0].text), "Hello.");
    case.blueprint = case.blueprint.replace(
        "key = \"ask\"",
        "for-each = \"part.issue\"\nkey = \"ask/{{ outer.id }}/{{ each.id }}\"",
    );
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    let keys: Vec<_> = loaded.trees[0].comments.iter().map(|c| c.key.local().to_owned()).collect();
    assert_eq!(keys, ["ask/one/a", "ask/one/b", "ask/two/c"]);
    case.assets.push(("templates/base/ask.md".into(), "{{ mention(handles=tool.dri) }}".into()));
    case.tool = case.tool.replacen("[[part]]", "dri = '@me'\n[[part]]", 1);
    let found = messages(&case.load());
    assert!(found[0].contains("`mention` names `@me`, which is no owner of a group"), "{found:#?}");
}

#[test]
fn a_text_that_says_nothing_is_not_posted() {
    let mut case = case();
    case.assets.push(("templates/base/ask.md".into(), "{% if tool.dri %}x{% endif %}\n".into()));
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    assert_eq!(loaded.trees[0].comments, []);
}

#[test]
fn a_child_changes_and_skips_comments_by_key() {
    let mut case = case();
    let key = "[[comment]]\nkey = 'ask/{{ each.id }}'\n";
    let child = "schema = 1\nname = 'child'\nextends = 'base'\n";
    case.workspace = case.workspace.replace("\"base\"", "\"child\"");
    case.assets
        .push(("blueprints/child.toml".into(), format!("{child}{key}template = 'own.md'\n")));
    case.assets.push(("templates/child/own.md".into(), "Own words.".into()));
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    assert_eq!(filled(&loaded.trees[0].comments[0].text), "Own words.");
    case.assets.retain(|(path, _)| !path.ends_with("own.md"));
    case.assets.push(("blueprints/child.toml".into(), format!("{child}{key}skip = true\n")));
    let loaded = case.load();
    assert_eq!(messages(&loaded), [""; 0]);
    assert_eq!(loaded.trees[0].comments, []);
}

#[test]
fn mistakes_in_a_comment_are_named() {
    let cases = [
        ("on = \"top\"", "on = \"tpo\"", "there is no node `tpo` to comment on"),
        ("on = \"top\"\n", "", "[[comment]] has no `on`"),
        ("template = \"ask.md\"\n", "", "[[comment]] has no `template`"),
        ("key = \"ask/{{ each.id }}\"\n", "", "[[comment]] has no `key`"),
        ("template = \"ask.md\"", "template = \"aks.md\"", "there is no template `aks.md`"),
        ("reply = \"more.md\"", "reply = \"moer.md\"", "there is no template `moer.md`"),
        ("for-each = \"groups\"", "for-each = \"gruops\"", "there is no list `gruops`"),
        ("when = \"handover.ask\"", "when = \"handover.aks\"", "`handover` has no field `aks`"),
        ("each.label in", "each.lable in", "`each` has no field `lable`"),
        ("reply = \"more.md\"", "answer = \"more.md\"", "unknown key `answer` in [[comment]]"),
        (
            "on = \"top\"",
            "on = \"part/two\"",
            "comment ask/{{ each.id }} of tools/hunter.toml is posted on `part/two`, which this tool does not have",
        ),
        (
            "key = \"ask/{{ each.id }}\"",
            "key = \"ask\"",
            "the comments of all entries would have this key",
        ),
        (
            "key = \"ask/{{ each.id }}\"",
            "key = \"part/{{ each.id }}\"",
            "the key `part/{{ each.id }}` is that of another node or comment",
        ),
        (
            "key = \"ask/{{ each.id }}\"",
            "key = \"ask/{{ each.label }}\"",
            "`ask/group::one` is not a key (comment ask/{{ each.label }} of tools/hunter.toml)",
        ),
        (
            "key = \"ask/{{ each.id }}\"",
            "key = \"part/{{ each.entries[0].id }}\"",
            "two nodes or comments of tools/hunter.toml have the key `part/one`",
        ),
    ];
    for (from, to, wanted) in cases {
        let mut case = case();
        assert!(case.blueprint.contains(from), "{from}");
        case.blueprint = case.blueprint.replacen(from, to, 1);
        let loaded = case.load();
        let found = messages(&loaded);
        let place = "blueprints/base.toml:";
        assert!(
            found.iter().any(|m| m.starts_with(place) && m.contains(wanted)),
            "{from:?} -> {to:?}\nwanted {wanted}\ngot {found:#?}"
        );
        let all = loaded.problems.sorted();
        assert!(all.iter().all(|p| p.hint.is_some()), "{all:#?}");
    }
}

#[test]
fn what_a_comment_must_not_say_is_named_with_its_place() {
    let cases = [
        (
            ASK,
            "ask @you",
            "templates/base/ask.md:1: `@you` in line 1 of comment ask/group-one of tools/hunter.toml would notify people",
        ),
        (
            ASK,
            "\n\n/close",
            "templates/base/ask.md:3: GitLab would run `/close` in line 1 of comment ask/group-one of tools/hunter.toml",
        ),
        (
            ASK,
            "{{ mention(handles='@you') }}",
            "templates/base/ask.md:1: `mention` names `@you`, which is no owner of a group that this comment is for (for comment ask/group-one of tools/hunter.toml)",
        ),
        (
            ASK,
            "{{ about(entry='part/oen') }}",
            "templates/base/ask.md:1: `about` names the entry `part/oen`, which this tool does not have; did you mean `part/one`? (for comment ask/group-one of tools/hunter.toml)",
        ),
        (
            ASK,
            "{{ ref(key='tpo') }}",
            "templates/base/ask.md:1: `ref` names the node `tpo`, which this tool does not have; did you mean `top`?; guard it with `has` (for comment ask/group-one of tools/hunter.toml)",
        ),
        (ASK, "{{ each.lable }}", "templates/base/ask.md:1: `each` has no field `lable`"),
    ];
    for (from, to, wanted) in cases {
        let mut case = case();
        case.assets.push(("templates/base/ask.md".into(), ASK.replace(from, to)));
        let found = messages(&case.load());
        assert!(found.contains(&wanted.to_owned()), "{to}\n{found:#?}");
    }
    let mut case = case();
    case.tool = case.tool.replace("\"Hunts.\"", "\"Ask @you.\"");
    let found = messages(&case.load());
    let wanted = "tools/hunter.toml:5: `@you` in line 4 of comment ask/group-one of tools/hunter.toml would notify people";
    assert!(found.contains(&wanted.to_owned()), "{found:#?}");
}

#[test]
fn a_description_mentions_nobody() {
    let mut case = case();
    case.assets.push(("templates/base/part.md".into(), "{{ mention(handles='@pm') }}".into()));
    let found = messages(&case.load());
    let wanted = "`mention` is for comments; a description never mentions anybody";
    assert!(
        found[0].starts_with("templates/base/part.md:1: ") && found[0].contains(wanted),
        "{found:#?}"
    );
}

#[test]
fn no_cut_of_a_comment_panics() {
    let whole = case();
    for cut in (Case::default().blueprint.len()..whole.blueprint.len()).step_by(5) {
        let blueprint = whole.blueprint[..cut].to_owned();
        let _ = Case { blueprint, ..case() }.load();
    }
    for cut in (0..ASK.len()).step_by(3) {
        let mut case = case();
        case.assets.push(("templates/base/ask.md".into(), ASK[..cut].into()));
        let _ = case.load();
    }
}
