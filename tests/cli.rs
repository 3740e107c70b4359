//! The command, as a shell has it.

#![cfg(feature = "cli")]
