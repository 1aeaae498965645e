mod cases;
mod support;
mod trees;
