use super::*;

fn messages(out: &Problems) -> Vec<String> {
    out.sorted().iter().map(|p| p.message.clone()).collect()
}

#[test]
fn all_syntax_errors_are_reported_at_once() {
    let mut out = Problems::default();
    assert!(parse("a.toml", "a = \nb = 1 2\nc = [\n", &mut out).is_none());
    assert!(messages(&out).len() >= 2, "{out:?}");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_read() {
    let mut out = Problems::default();
    let table = parse("a.toml", "\u{feff}a = \"x\"\r\nb = '''\r\ny\r\nz'''\r\n", &mut out).unwrap();
    assert_eq!(table.entries["a"].key.range, 3..4);
    assert_eq!(table.entries["b"].value.value, Value::String("y\nz".into()));
    assert_eq!(messages(&out), [""; 0]);
}

#[test]
fn a_file_that_is_no_text_or_too_large_is_a_problem() {
    for bytes in [b"a\0b".to_vec(), vec![b'a', b'\n', 0xff], vec![b'#'; MAX_FILE + 1]] {
        let mut out = Problems::default();
        assert!(text("a.toml", &bytes, &mut out).is_none());
        assert_eq!(out.sorted().len(), 1);
    }
}

#[test]
fn nesting_bombs_end_in_a_problem() {
    let dotted = vec!["a"; 79].join(".");
    let bombs = [
        format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("a = {}", "{a = ".repeat(100_000)),
        format!("[{}]\nb = 1", vec!["a"; 60].join(".")),
        format!("{} = 1", vec!["a"; 50_000].join(".")),
        format!("{dotted} = {}1{}", format!("{{{dotted} = ").repeat(70), "}".repeat(70)),
    ];
    for bomb in bombs {
        let mut out = Problems::default();
        assert!(parse("a.toml", &bomb, &mut out).is_none());
        assert!(out.has_errors());
    }
}

#[test]
fn an_unknown_key_names_the_nearest_known_one() {
    let mut out = Problems::default();
    let table = parse("a.toml", "titel = 'x'\nzzz = 1\n", &mut out).unwrap();
    let mut fields = Fields::of(&table, "[tool]");
    fields.string("title", &mut out);
    fields.finish(&mut out);
    let all = out.sorted();
    assert_eq!(all[0].patch.as_deref(), Some("title"));
    assert_eq!(all[0].span, Some(0..5));
    assert_eq!(all[1].hint.as_deref(), Some("known here: title"));
}

#[test]
fn wrong_types_and_empty_lines_are_named() {
    let mut out = Problems::default();
    let table = parse(
        "a.toml",
        "a = 1\nb = ''\nc = \"x\\ny\"\nd = 'x'\ne = [1]\nf = -1\ng = 1.5\n",
        &mut out,
    )
    .unwrap();
    let mut fields = Fields::of(&table, "[tool]");
    fields.string("a", &mut out);
    fields.string("b", &mut out);
    fields.string("c", &mut out);
    fields.bool("d", &mut out);
    fields.strings("e", &mut out);
    fields.count("f", &mut out);
    fields.date("g", &mut out);
    fields.required("h", "add it", &mut out);
    fields.finish(&mut out);
    assert_eq!(messages(&out).len(), 8, "{out:?}");
    assert!(messages(&out).contains(&"[tool] has no `h`".to_owned()));
}

#[test]
fn reserved_characters_and_markers_are_refused() {
    let mut out = Problems::default();
    parse("a.toml", "a = \"x\\U000F0000\"\nb = ['<!--epictree:1 x-->']\nc = '-->'\n", &mut out);
    assert_eq!(out.sorted().len(), 2);
}
