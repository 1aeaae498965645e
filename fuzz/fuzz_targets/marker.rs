//! Descriptions and comments of any bytes, and payloads of any JSON: what is read can be written
//! and is then read as the same.
#![no_main]

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use epictree::marker::{self, Reading, note};

libfuzzer_sys::fuzz_target!(|text: &str| {
    description(text);
    comment(text);
    if let Some((json, around)) = text.split_once('\0') {
        let payload = STANDARD_NO_PAD.encode(deflated(json));
        description(&format!("{around}\n\n<!--epictree:1 w hunter/a {payload}-->"));
        comment(&format!("{around}\n\n<!--epictree-comment:1 w hunter/a {payload}-->"));
    }
});

fn description(text: &str) {
    let _ = marker::key_of(text, "w", "hunter");
    let read = marker::read(text);
    assert!(read.text.len() <= text.len());
    if let Reading::One(found) = read.marker {
        let written = marker::write(&read.text, &found);
        let again = marker::read(&written);
        assert_eq!(again.text, read.text.replace("\r\n", "\n"), "{written}");
        assert_eq!(again.marker, Reading::One(Box::new(marker::as_stored(&found))), "{written}");
        assert_eq!(
            marker::write(&again.text, &marker::as_stored(&found)),
            written.replace("\r\n", "\n")
        );
        let key = marker::key_of(&written, &found.workspace, found.key.tool());
        assert!(key.is_some(), "{written}");
        let lost = marker::write_duplicate(&read.text, &found.workspace, &found.key);
        assert_eq!(marker::read(&lost).marker, Reading::Duplicate, "{lost}");
    }
}

fn comment(text: &str) {
    if let Some(found) = note::read(text) {
        let written = note::write("Whose is it?", &found);
        assert_eq!(note::read(&written), Some(found), "{written}");
    }
}

fn deflated(json: &str) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(json.as_bytes()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}
