//! Files that are none, that never end, or that lie elsewhere.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::process::Command;

use super::table::{folder, run, write};

fn pipe(path: &std::path::Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_pipe_in_place_of_a_file_keeps_nobody_waiting() {
    let home = folder();
    pipe(&home.path().join("pipe.toml"));
    pipe(&home.path().join("templates/small/pipe.md"));
    std::fs::create_dir(home.path().join("folder.toml")).unwrap();
    run(home.path(), &["check"]).ends_with(0).says("1 tool with");
    run(home.path(), &["check", "pipe.toml"])
        .ends_with(1)
        .says("`pipe.toml` is neither a file nor a folder");
    pipe(&home.path().join("owners.toml"));
    let named = "schema = 1\nid = 'w'\nblueprint = 'small'\n[owners]\nfile = 'owners.toml'\n";
    write(home.path(), "epictree.toml", named.as_bytes());
    run(home.path(), &["check"])
        .ends_with(1)
        .says("the file `owners.toml` cannot be read as one of this workspace");
}

#[test]
fn links_lead_neither_out_of_the_workspace_nor_in_circles() {
    let home = folder();
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "secret.toml", b"secret = 'hunter2");
    symlink(".", home.path().join("tools")).unwrap();
    symlink("loop", home.path().join("loop.toml")).unwrap();
    symlink("/dev/zero", home.path().join("zero.toml")).unwrap();
    symlink("/dev/zero", home.path().join("templates/small/zero.md")).unwrap();
    symlink(outside.path().join("secret.toml"), home.path().join("owners.toml")).unwrap();
    run(home.path(), &["check"]).ends_with(0).says("1 tool with");
    let named = "schema = 1\nid = 'w'\nblueprint = 'small'\n[owners]\nfile = 'owners.toml'\n";
    write(home.path(), "epictree.toml", named.as_bytes());
    run(home.path(), &["check"])
        .ends_with(1)
        .says("the file `owners.toml` cannot be read as one of this workspace")
        .does_not_say("hunter2");
}

#[test]
fn a_file_of_any_bytes_is_text_or_said_to_be_none() {
    let text = std::fs::read(folder().path().join("hunter.toml")).unwrap();
    let with_mark = [b"\xef\xbb\xbf".as_slice(), &text].concat();
    let windows = String::from_utf8(text).unwrap().replace('\n', "\r\n").into_bytes();
    let cases: [(&[u8], i32, &str); 5] = [
        (&with_mark, 0, "ready to plan"),
        (&windows, 0, "ready to plan"),
        (b"\xff\xfes\0c\0h\0", 1, "the file is not UTF-8 text (line 1)"),
        (b"schema = 1\n# \xe9\n", 1, "the file is not UTF-8 text (line 2)"),
        (b"", 1, "the tool file has no `schema`"),
    ];
    for (bytes, code, says) in cases {
        let home = folder();
        write(home.path(), "hunter.toml", bytes);
        run(home.path(), &["check"]).ends_with(code).says(says);
    }
}

#[test]
fn a_file_name_holds_nothing_unseen() {
    let home = folder();
    let odd = home.path().join("a\u{1b}]0;mine\u{7}.toml");
    std::fs::rename(home.path().join("hunter.toml"), odd).unwrap();
    run(home.path(), &["check"])
        .ends_with(1)
        .says("the name of `a]0;mine.toml` holds an unseen character")
        .does_not_say("\u{1b}");
}

#[test]
fn a_sandbox_stays_out_of_sight_of_git() {
    let home = folder();
    run(home.path(), &["plan", "--sandbox"]).ends_with(0);
    let ignore = home.path().join(".epictree/.gitignore");
    assert_eq!(std::fs::read_to_string(&ignore).unwrap(), "*\n");
    std::fs::write(&ignore, "mine\n").unwrap();
    run(home.path(), &["plan", "--sandbox"]).ends_with(0);
    assert_eq!(std::fs::read_to_string(&ignore).unwrap(), "mine\n");
}
