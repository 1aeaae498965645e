//! Tools of one workspace against each other.

use super::support::{Case, TOOL, messages};

const HOME: &str = "repository = \"https://x.example/hunter\"";
const ROW: &str = "heading = \"Tools\"";

/// The usual tool, and a second one by another name that otherwise says the same.
fn two(more: &str) -> Case {
    let tool = TOOL.replace("[[part]]\nid = \"one\"", &format!("{more}\n[[part]]\nid = \"one\""));
    let second = tool.replace("hunter", "seeker").replace("Hunter", "Seeker");
    let second = second.replace("g/p#7", "g/p#8").replace("/seeker\"", "/hunter\"");
    Case { tool, others: vec![("seeker", second)], ..Case::default() }
}

#[test]
fn tools_that_share_nothing_say_nothing() {
    let loaded = two("").load();
    assert_eq!(messages(&loaded), [""; 0], "entries of one name are usual");
    assert_eq!(loaded.trees.len(), 2);
}

#[test]
fn an_id_an_item_and_a_title_belong_to_one_tool() {
    let mut case = two("");
    case.others[0].1 = case.others[0].1.replace("\"seeker\"", "\"hunter\"");
    assert_eq!(
        messages(&case.load()),
        ["tools/seeker.toml:3: the id `hunter` is that of the tool in tools/hunter.toml"]
    );
    let mut case = two("");
    case.others[0].1 = case.others[0].1.replace("g/p#8", "g/p#7");
    assert_eq!(
        messages(&case.load()),
        ["tools/seeker.toml:18: the item g/p#7 stands under `b` too"]
    );
    let mut case = two("");
    case.others[0].1 = case.others[0].1.replace("Seeker", "Hunter");
    assert_eq!(
        messages(&case.load()),
        [
            "tools/seeker.toml:4: seeker/top would be \"Hunter integration\" under g&1, as hunter of tools/hunter.toml is"
        ]
    );
}

#[test]
fn one_repository_in_two_tools_is_advised_against_and_may_be_waived() {
    let mut case = two(HOME);
    let loaded = case.load();
    let said = "tools/seeker.toml:6: `repository` is that of the tool `hunter` too";
    assert_eq!(messages(&loaded), [said]);
    assert_eq!(loaded.trees.len(), 2, "it stands in nobody's way");
    case.tool.push_str("[waive]\nshared = \"a monorepo\"\n");
    assert_eq!(messages(&case.load()), [""; 0], "by either of the two");
}

#[test]
fn a_row_that_two_tools_are_known_by_is_an_error() {
    let mut case = two(HOME);
    let linked = format!("{ROW}\nlink = \"{{{{ tool.repository }}}}\"");
    case.blueprint = case.blueprint.replace(ROW, &linked);
    let found = messages(&case.load());
    let row = "tools/seeker.toml:6: its row under \"Tools\" in g&1 is known by https://x.example/hunter, and so is that of hunter in tools/hunter.toml";
    assert!(found.contains(&row.to_owned()), "{found:#?}");
}

#[test]
fn a_part_that_the_blueprint_has_once_is_one_tools() {
    let unique = |mut case: Case| {
        let list = "[list.part.fields]";
        case.blueprint =
            case.blueprint.replace(list, &format!("[list.part]\nunique = true\n{list}"));
        case
    };
    let by_id = messages(&unique(two("")).load());
    assert_eq!(
        by_id,
        [
            "tools/seeker.toml:8: the part `one` is one of the tool `hunter` too",
            "tools/seeker.toml:21: the part `two` is one of the tool `hunter` too",
        ]
    );
    let mut case = unique(two(""));
    let other = &mut case.others[0].1;
    *other = other.replace("id = \"one\"", "id = \"uno\"").replace("\"One\"", "\" ONE\"");
    *other = other.replace("id = \"two\"", "id = \"due\"").replace("\"Two\"", "\"Due\"");
    assert_eq!(
        messages(&case.load()),
        ["tools/seeker.toml:8: the part `uno` is one of the tool `hunter` too"]
    );
}
