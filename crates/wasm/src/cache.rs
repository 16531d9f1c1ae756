//! Compiled code in files, for the next run: where the embedder has asked for it.
//!
//! A file is named by the hash of the module, and holds that hash, the hash of the code, and the code as wasmtime serialises
//! it; wasmtime itself refuses code of other versions
//! and settings. The hashes find damage. Who can write to the directory can run code, as with any program in it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use wasmtime::{Engine, Module};

/// Begins a file; then the two hashes.
const MAGIC: [u8; 8] = *b"SpeyWA01";
const HASH_BYTES: usize = 32;
const HEADER_BYTES: usize = MAGIC.len() + 2 * HASH_BYTES;

static DIRECTORY: Mutex<Option<PathBuf>> = Mutex::new(None);

/// From now on the code of large modules is kept in this directory, in the whole process.
pub fn keep_code_in(directory: &Path) {
    *DIRECTORY.lock().unwrap_or_else(PoisonError::into_inner) = Some(directory.to_owned());
}

/// Is the code of modules kept?
pub fn is_on() -> bool {
    DIRECTORY.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}
/// The code of a module: from its file if there is one, else as `compile` makes it, which is then written.
pub fn through(
    engine: &Engine,
    bytes: &[u8],
    compile: impl FnOnce() -> wasmtime::Result<Module>,
) -> wasmtime::Result<Module> {
    let Some(directory) = DIRECTORY.lock().unwrap_or_else(PoisonError::into_inner).clone() else {
        return compile();
    };
    let hash = Sha256::digest(bytes);
    let name: String = hash[..16].iter().map(|b| format!("{b:02x}")).collect();
    let file = directory.join(format!("{name}.wasm-code"));
    if let Some(module) = read(engine, &file, &hash) {
        return Ok(module);
    }
    let module = compile()?;
    // The cache is a help, not a duty: without it the next run compiles again.
    let _ = module.serialize().map(|code| write(&file, &hash, &code));
    Ok(module)
}
fn read(engine: &Engine, file: &Path, hash: &[u8]) -> Option<Module> {
    let bytes = std::fs::read(file).ok()?;
    let (header, code) = bytes.split_at_checked(HEADER_BYTES)?;
    let (magic, hashes) = header.split_at(MAGIC.len());
    if magic != MAGIC || hashes[..HASH_BYTES] != *hash || hashes[HASH_BYTES..] != Sha256::digest(code)[..] {
        return None;
    }
    // SAFETY: the file has what `write` has put there, unless somebody who may write to the directory wants otherwise; wasmtime
    // refuses what was made by another version or for other settings.
    unsafe { Module::deserialize(engine, code) }.ok()
}
/// Writes a file as a whole: others may be reading it.
fn write(file: &Path, hash: &[u8], code: &[u8]) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + code.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(hash);
    bytes.extend_from_slice(&Sha256::digest(code));
    bytes.extend_from_slice(code);
    let id = format!("{}-{:?}.tmp", std::process::id(), std::thread::current().id());
    let temporary = file.with_extension(id);
    std::fs::write(&temporary, bytes)?;
    std::fs::rename(&temporary, file)
}
