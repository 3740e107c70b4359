#![no_main]

use hosting_apis_fuzz::pipeline;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    pipeline::run(data);
});
