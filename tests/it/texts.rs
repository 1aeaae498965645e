//! Boxes and texts, over the wire: what people tick, add and empty stays.

use epictree::sandbox::Edit;

use crate::world::{TOOL, World, change, names, text_of, writes};

/// The node that all cases are about.
const NODE: &str = "part/one/a";

fn boxes(words: &str) -> String {
    TOOL.replace("value = \"What to do.\"", &format!("boxes = [{words}]"))
}

#[tokio::test]
async fn a_box_that_people_ticked_stays_ticked_whatever_the_files_do_around_it() {
    let mut world = World::applied(&boxes("'First', 'Second'")).await;
    world.reword(NODE, "- [ ] Second", "- [x] Second");
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0], "a tick is not a change of the text");
    assert_eq!(change(&plan, NODE).kept, []);
    world.tool = boxes("'Zeroth', 'First', 'Second one'");
    world.settle().await;
    let text = text_of(&world.item(NODE));
    assert!(text.starts_with("- [ ] Zeroth\n- [ ] First\n- [x] Second one"), "{text}");
}

#[tokio::test]
async fn epictree_ticks_a_box_once_and_never_unticks_it() {
    let tool = TOOL.replace("value = \"What to do.\"", "ticks = 'sunset/one'");
    let world = World::applied(&tool).await;
    world.edit("sunset/one", Edit::Close);
    let plan = world.plan().await;
    assert_eq!(writes(&plan), ["update hunter/part/one/a"]);
    world.settle().await;
    assert!(text_of(&world.item(NODE)).contains("- [x] Other work"));
    // It is open again: the tick stays.
    world.edit("sunset/one", Edit::Reopen);
    world.settle().await;
    assert!(text_of(&world.item(NODE)).contains("- [x] Other work"));
    // People take the tick back while the work is done: theirs.
    world.edit("sunset/one", Edit::Close);
    world.settle().await;
    world.reword(NODE, "- [x] Other work", "- [ ] Other work");
    world.settle().await;
    assert!(text_of(&world.item(NODE)).contains("- [ ] Other work"));
}

#[tokio::test]
async fn a_line_that_people_added_stays_beside_a_tick() {
    let tool = TOOL.replace("value = \"What to do.\"", "ticks = 'sunset/one'");
    let world = World::applied(&tool).await;
    world.reword(NODE, "- [ ] Other work", "- [ ] Other work\n\nA line of mine.");
    world.edit("sunset/one", Edit::Close);
    world.settle().await;
    let text = text_of(&world.item(NODE));
    assert!(text.contains("- [x] Other work\n\nA line of mine."), "{text}");
}

#[tokio::test]
async fn what_gitlab_and_its_editors_rewrite_is_no_change() {
    let world = World::applied(&boxes("'First', 'Second'")).await;
    let item = world.item(NODE);
    let rewritten = item
        .description
        .replace("- [", "* [")
        .replace('\n', "  \r\n")
        .replace("\r\n  \r\n", "\r\n\r\n\r\n");
    world.edit(NODE, Edit::Description(rewritten));
    assert_ne!(world.item(NODE).description, item.description);
    let before = world.item(NODE).description;
    world.is_settled("rewritten by an editor").await;
    world.settle().await;
    assert_eq!(world.item(NODE).description, before, "and its bytes stay");
}

#[tokio::test]
async fn gitlabs_bytes_stay_for_lines_that_the_files_do_not_change() {
    let mut world = World::applied(&boxes("'First', 'Second'")).await;
    world.reword(NODE, "- [ ] First", "* [ ] First");
    world.tool = boxes("'First', 'Third'");
    world.settle().await;
    let text = text_of(&world.item(NODE));
    assert!(text.starts_with("* [ ] First\n- [ ] Third"), "{text}");
}

#[tokio::test]
async fn an_emptied_description_is_left_empty_but_for_the_marker() {
    let world = World::applied(TOOL).await;
    let item = world.item(NODE);
    let marker = item.description.lines().last().unwrap().to_owned();
    world.edit(NODE, Edit::Description(marker));
    let plan = world.plan().await;
    assert_eq!(writes(&plan), [""; 0]);
    assert_eq!(names(&change(&plan, NODE).kept), ["body"]);
    world.settle().await;
    assert_eq!(text_of(&world.item(NODE)), "");
}
