mod cases;
mod comments;
mod lints;
mod more;
mod owners;
mod support;
mod swallowed;
mod trees;
