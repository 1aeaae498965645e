mod support;
mod trees;
