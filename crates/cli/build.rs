//! Linking: where the program lies, and what it exports to native addons.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SPEY_PIE");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // At a fixed address, unless the environment asks otherwise: docs/decisions/fixed-address.md.
        if std::env::var_os("SPEY_PIE").is_none() {
            println!("cargo::rustc-link-arg-bins=-no-pie");
        }
        for pattern in ["napi_*", "node_api_*", "node_module_register", "uv_*"] {
            println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol={pattern}");
        }
    }
}
