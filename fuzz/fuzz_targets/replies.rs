#![no_main]

use hosting_apis_fuzz::replies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    replies::run(data);
});
