//! A tool file of any bytes: the whole check with the embedded blueprint, the plan, and both shown.
#![no_main]

libfuzzer_sys::fuzz_target!(|tool: &[u8]| {
    epictree_fuzz::checked(&epictree_fuzz::files(tool));
});
