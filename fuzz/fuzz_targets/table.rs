//! A page with a table, and cells to put into it: every other byte stays, and what was written is
//! what is read.
#![no_main]

use epictree::merge::table::{Table, as_cell, locate};

const HEADING: &str = "T";

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut parts = text.split('\0');
    let page = parts.next().unwrap_or_default();
    let values: Vec<String> = parts.map(as_cell).collect();
    let Ok(table) = locate(page, HEADING, &[]) else { return };
    let columns: Vec<&str> = ["A", "B", "Status"].into_iter().filter(|c| has(page, c)).collect();
    let cells: Vec<(String, String)> =
        columns.iter().map(|column| (*column).to_owned()).zip(values).collect();
    // A plan writes no cell empty that is empty.
    let cells: Vec<(String, String)> =
        cells.into_iter().filter(|cell| !cell.1.is_empty()).collect();

    let added = table.with_row(page, &cells);
    assert!(added.len() > page.len());
    let after = located(&added, page);
    assert_eq!(after.len(), table.len() + 1, "{added}");
    // At the very end of a text a row may get its first bar.
    let bare = |row: &str| row.trim_start().trim_start_matches("| ").to_owned();
    (0..table.len())
        .for_each(|row| assert_eq!(bare(after.row(&added, row)), bare(table.row(page, row))));
    holds(&after, &added, table.len(), &cells);

    for row in 0..table.len() {
        let written = table.with_cells(page, row, &cells);
        let after = located(&written, page);
        assert_eq!(after.len(), table.len(), "{written}");
        for other in (0..table.len()).filter(|other| *other != row) {
            assert_eq!(after.row(&written, other), table.row(page, other), "{written}");
        }
        holds(&after, &written, row, &cells);
        for column in columns.iter().filter(|c| !cells.iter().any(|(written, _)| written == *c)) {
            assert_eq!(after.cell(&written, row, column), table.cell(page, row, column));
        }
        assert_eq!(after.with_cells(&written, row, &cells), written, "written twice");
        let needles = [table.row(page, row).to_owned()];
        let _ = table.find(page, HEADING, &needles);
    }
});

fn has(page: &str, column: &str) -> bool {
    locate(page, HEADING, &[column]).is_ok()
}

fn located(text: &str, page: &str) -> Table {
    locate(text, HEADING, &[]).unwrap_or_else(|error| panic!("{error} in {text}\nof {page}"))
}

fn holds(table: &Table, text: &str, row: usize, cells: &[(String, String)]) {
    for (column, value) in cells {
        assert_eq!(table.cell(text, row, column), value, "{text}");
    }
}
