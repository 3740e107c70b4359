#![no_main]

use hosting_apis_fuzz::specs;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    specs::run(data);
});
