//! Linking: the program exports what native addons import.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // A program at a fixed address: the 75,000 relocations of one that is not cost 1 ms and 3.5 MB at every start.
        println!("cargo::rustc-link-arg-bins=-no-pie");
        for pattern in ["napi_*", "node_api_*", "node_module_register", "uv_*"] {
            println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol={pattern}");
        }
    }
}
