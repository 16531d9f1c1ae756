//! Linking: the program exports what native addons import.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        for pattern in ["napi_*", "node_api_*", "node_module_register", "uv_*"] {
            println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol={pattern}");
        }
    }
}
