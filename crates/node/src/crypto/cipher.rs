//! Symmetric ciphers by name: block modes, stream modes and authenticated modes, in steps. No JavaScript here.

use aes::cipher::{
    Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit, KeyIvInit, StreamCipher,
    StreamCipherSeek,
};
use poly1305::Poly1305;
use poly1305::universal_hash::UniversalHash;
use spey_crypto::{AesMode, AesStream};
use subtle::ConstantTimeEq;

// ---------------------------------------------------------------- what there is

/// Mode of operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Ecb,
    Cbc,
    Ctr,
    Cfb,
    Cfb8,
    Ofb,
    Gcm,
    Ccm,
    /// AES key wrap.
    Wrap,
    ChaCha20,
    ChaCha20Poly1305,
}
impl Mode {
    /// As `getCipherInfo` names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Mode::Ecb => "ecb",
            Mode::Cbc => "cbc",
            Mode::Ctr => "ctr",
            Mode::Cfb | Mode::Cfb8 => "cfb",
            Mode::Ofb => "ofb",
            Mode::Gcm => "gcm",
            Mode::Ccm => "ccm",
            Mode::Wrap => "wrap",
            Mode::ChaCha20 | Mode::ChaCha20Poly1305 => "stream",
        }
    }
    /// With an authentication tag?
    pub(super) fn is_authenticated(self) -> bool {
        matches!(self, Mode::Gcm | Mode::Ccm | Mode::ChaCha20Poly1305)
    }
}

/// One cipher.
#[derive(Debug)]
pub(super) struct CipherInfo {
    pub(super) name: &'static str,
    /// A second name.
    alias: &'static str,
    pub(super) nid: i32,
    pub(super) mode: Mode,
    pub(super) key_length: usize,
    pub(super) iv_length: usize,
    /// Block size as `getCipherInfo` tells it; 0 for stream ciphers.
    pub(super) block_size: usize,
}

const fn row(
    name: &'static str,
    alias: &'static str,
    nid: i32,
    mode: Mode,
    key_length: usize,
    iv_length: usize,
    block_size: usize,
) -> CipherInfo {
    CipherInfo { name, alias, nid, mode, key_length, iv_length, block_size }
}
/// All ciphers, sorted by name.
pub(super) const CIPHERS: &[CipherInfo] = &[
    row("aes-128-cbc", "aes128", 419, Mode::Cbc, 16, 16, 16),
    row("aes-128-ccm", "id-aes128-ccm", 896, Mode::Ccm, 16, 12, 1),
    row("aes-128-cfb", "aes-128-cfb128", 421, Mode::Cfb, 16, 16, 1),
    row("aes-128-cfb8", "", 653, Mode::Cfb8, 16, 16, 1),
    row("aes-128-ctr", "", 904, Mode::Ctr, 16, 16, 1),
    row("aes-128-ecb", "", 418, Mode::Ecb, 16, 0, 16),
    row("aes-128-gcm", "id-aes128-gcm", 895, Mode::Gcm, 16, 12, 1),
    row("aes-128-ofb", "", 420, Mode::Ofb, 16, 16, 1),
    row("aes-192-cbc", "aes192", 423, Mode::Cbc, 24, 16, 16),
    row("aes-192-ccm", "id-aes192-ccm", 899, Mode::Ccm, 24, 12, 1),
    row("aes-192-cfb", "aes-192-cfb128", 425, Mode::Cfb, 24, 16, 1),
    row("aes-192-cfb8", "", 654, Mode::Cfb8, 24, 16, 1),
    row("aes-192-ctr", "", 905, Mode::Ctr, 24, 16, 1),
    row("aes-192-ecb", "", 422, Mode::Ecb, 24, 0, 16),
    row("aes-192-gcm", "id-aes192-gcm", 898, Mode::Gcm, 24, 12, 1),
    row("aes-192-ofb", "", 424, Mode::Ofb, 24, 16, 1),
    row("aes-256-cbc", "aes256", 427, Mode::Cbc, 32, 16, 16),
    row("aes-256-ccm", "id-aes256-ccm", 902, Mode::Ccm, 32, 12, 1),
    row("aes-256-cfb", "aes-256-cfb128", 429, Mode::Cfb, 32, 16, 1),
    row("aes-256-cfb8", "", 655, Mode::Cfb8, 32, 16, 1),
    row("aes-256-ctr", "", 906, Mode::Ctr, 32, 16, 1),
    row("aes-256-ecb", "", 426, Mode::Ecb, 32, 0, 16),
    row("aes-256-gcm", "id-aes256-gcm", 901, Mode::Gcm, 32, 12, 1),
    row("aes-256-ofb", "", 428, Mode::Ofb, 32, 16, 1),
    row("chacha20", "", 1019, Mode::ChaCha20, 32, 16, 0),
    row("chacha20-poly1305", "", 1018, Mode::ChaCha20Poly1305, 32, 12, 0),
    row("des-ede", "des-ede-ecb", 32, Mode::Ecb, 16, 0, 8),
    row("des-ede-cbc", "", 43, Mode::Cbc, 16, 8, 8),
    row("des-ede3", "des-ede3-ecb", 33, Mode::Ecb, 24, 0, 8),
    row("des-ede3-cbc", "des3", 44, Mode::Cbc, 24, 8, 8),
    row("des-ede3-cfb", "", 61, Mode::Cfb, 24, 8, 1),
    row("des-ede3-cfb8", "", 659, Mode::Cfb8, 24, 8, 1),
    row("des-ede3-ofb", "", 63, Mode::Ofb, 24, 8, 1),
    row("id-aes128-wrap", "aes128-wrap", 788, Mode::Wrap, 16, 8, 8),
    row("id-aes192-wrap", "aes192-wrap", 789, Mode::Wrap, 24, 8, 8),
    row("id-aes256-wrap", "aes256-wrap", 790, Mode::Wrap, 32, 8, 8),
];

/// Names of all ciphers, second names included.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CIPHERS.iter().flat_map(|c| [c.name, c.alias]).filter(|name| !name.is_empty())
}
/// By name, in any case.
pub(super) fn by_name(name: &str) -> Option<&'static CipherInfo> {
    if name.is_empty() {
        return None;
    }
    CIPHERS.iter().find(|c| c.name.eq_ignore_ascii_case(name) || c.alias.eq_ignore_ascii_case(name))
}
/// By number.
pub(super) fn by_nid(nid: i32) -> Option<&'static CipherInfo> {
    CIPHERS.iter().find(|c| c.nid == nid)
}
impl CipherInfo {
    /// The name that `getCipherInfo` gives.
    pub(super) fn long_name(&self) -> &'static str {
        if matches!(self.mode, Mode::Gcm | Mode::Ccm) { self.alias } else { self.name }
    }
    /// Can the initialization vector have this length?
    pub(super) fn allows_iv_length(&self, length: usize) -> bool {
        match self.mode {
            Mode::Gcm => length > 0,
            Mode::Ccm => (7..=13).contains(&length),
            Mode::ChaCha20Poly1305 => (1..=12).contains(&length),
            _ => length == self.iv_length,
        }
    }
    /// Can the authentication tag have this length?
    pub(super) fn allows_tag_length(&self, length: usize) -> bool {
        match self.mode {
            Mode::Gcm => matches!(length, 4 | 8 | 12..=16),
            Mode::Ccm => (4..=16).contains(&length) && length.is_multiple_of(2),
            Mode::ChaCha20Poly1305 => (1..=16).contains(&length),
            _ => false,
        }
    }
}

/// Why a step failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CipherError {
    /// Padding is not what it should be.
    BadDecrypt,
    /// What was given is not a whole number of blocks.
    WrongFinalBlockLength,
    /// The authentication tag is missing or wrong, or the steps came in a wrong order.
    Unauthenticated,
    /// CCM: the message is too long for the nonce.
    MessageLength,
}

// ---------------------------------------------------------------- block ciphers

/// A keyed block cipher on whole blocks.
trait BlockCipher {
    fn block_size(&self) -> usize;
    fn encrypt(&self, blocks: &mut [u8]);
    fn decrypt(&self, blocks: &mut [u8]);
}
impl<C: BlockCipherEncrypt + BlockCipherDecrypt + BlockSizeUser> BlockCipher for C {
    fn block_size(&self) -> usize {
        C::block_size()
    }
    fn encrypt(&self, blocks: &mut [u8]) {
        self.encrypt_blocks(Array::slice_as_chunks_mut(blocks).0);
    }
    fn decrypt(&self, blocks: &mut [u8]) {
        self.decrypt_blocks(Array::slice_as_chunks_mut(blocks).0);
    }
}
fn block_cipher(info: &CipherInfo, key: &[u8]) -> Option<Box<dyn BlockCipher>> {
    let is_des = info.name.starts_with("des");
    Some(match (is_des, key.len()) {
        (false, 16) => Box::new(aes::Aes128::new_from_slice(key).ok()?),
        (false, 24) => Box::new(aes::Aes192::new_from_slice(key).ok()?),
        (false, 32) => Box::new(aes::Aes256::new_from_slice(key).ok()?),
        (true, 16) => Box::new(des::TdesEde2::new_from_slice(key).ok()?),
        (true, 24) => Box::new(des::TdesEde3::new_from_slice(key).ok()?),
        _ => return None,
    })
}
fn xor(a: &mut [u8], b: &[u8]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a ^= b;
    }
}

/// The counter mode of CCM, NIST SP 800-38C appendix A.3.
struct Counter {
    block: [u8; 16],
    /// Bytes at the end of the block that count.
    counting: usize,
    /// Key stream left from the block before.
    rest: Vec<u8>,
}
impl Counter {
    fn new(block: [u8; 16], counting: usize) -> Counter {
        Counter { block, counting, rest: Vec::new() }
    }
    fn advance(&mut self) {
        let start = 16 - self.counting;
        for byte in self.block[start..].iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
    fn apply(&mut self, cipher: &dyn BlockCipher, data: &mut [u8]) {
        let n = self.rest.len().min(data.len());
        xor(&mut data[..n], &self.rest[..n]);
        self.rest.drain(..n);
        // Many blocks at a time, for the sake of parallel backends.
        let mut stream = [0; 1024];
        for chunk in data[n..].chunks_mut(stream.len()) {
            let stream = &mut stream[..chunk.len().next_multiple_of(16)];
            for block in stream.chunks_exact_mut(16) {
                block.copy_from_slice(&self.block);
                self.advance();
            }
            cipher.encrypt(stream);
            xor(chunk, stream);
            self.rest = stream[chunk.len()..].to_vec();
        }
    }
}

/// Poly1305 fed with parts of any length.
struct BlockHash {
    hash: Poly1305,
    rest: Vec<u8>,
    length: u64,
}
impl BlockHash {
    fn new(hash: Poly1305) -> BlockHash {
        BlockHash { hash, rest: Vec::new(), length: 0 }
    }
    fn update(&mut self, mut data: &[u8]) {
        self.length += data.len() as u64;
        if !self.rest.is_empty() {
            let n = (16 - self.rest.len()).min(data.len());
            self.rest.extend_from_slice(&data[..n]);
            data = &data[n..];
            if self.rest.len() < 16 {
                return;
            }
            self.hash.update_padded(&self.rest);
            self.rest.clear();
        }
        let whole = data.len() / 16 * 16;
        self.hash.update_padded(&data[..whole]);
        self.rest.extend_from_slice(&data[whole..]);
    }
    /// Fills up with zeros to a whole block. Result: bytes taken in since the last time.
    fn pad(&mut self) -> u64 {
        if !self.rest.is_empty() {
            self.hash.update_padded(&self.rest);
            self.rest.clear();
        }
        std::mem::take(&mut self.length)
    }
    fn finish(mut self, last: [u8; 16]) -> [u8; 16] {
        self.update(&last);
        let mut out = [0; 16];
        out.copy_from_slice(&self.hash.finalize());
        out
    }
}

// ---------------------------------------------------------------- a cipher in use

enum State {
    Ecb {
        pending: Vec<u8>,
    },
    Cbc {
        chain: Vec<u8>,
        pending: Vec<u8>,
    },
    Ctr(AesStream),
    /// CFB of whole blocks: `register` is encrypted; `used` bytes of it are.
    Cfb {
        register: Vec<u8>,
        used: usize,
    },
    Cfb8 {
        register: Vec<u8>,
    },
    Ofb {
        register: Vec<u8>,
        used: usize,
    },
    Gcm(AesStream),
    Ccm {
        nonce: Vec<u8>,
        aad: Vec<u8>,
        done: bool,
        failed: bool,
    },
    Wrap {
        iv: Vec<u8>,
    },
    ChaCha20(Box<chacha20::ChaCha20>),
    ChaCha20Poly1305 {
        stream: Box<chacha20::ChaCha20>,
        hash: BlockHash,
        aad_length: Option<u64>,
    },
}

/// A cipher with its key, in one direction.
pub(super) struct Cipher {
    pub(super) info: &'static CipherInfo,
    encrypts: bool,
    padding: bool,
    block: Option<Box<dyn BlockCipher>>,
    state: State,
    tag_length: usize,
    tag: Option<Vec<u8>>,
}

impl Cipher {
    /// None if key or vector have a wrong length.
    pub(super) fn new(
        info: &'static CipherInfo,
        encrypts: bool,
        key: &[u8],
        iv: &[u8],
        tag_length: usize,
    ) -> Option<Cipher> {
        if key.len() != info.key_length || !info.allows_iv_length(iv.len()) {
            return None;
        }
        let block = match info.mode {
            Mode::Ctr | Mode::Gcm | Mode::ChaCha20 | Mode::ChaCha20Poly1305 => None,
            _ => Some(block_cipher(info, key)?),
        };
        let state = match info.mode {
            Mode::Ecb => State::Ecb { pending: Vec::new() },
            Mode::Cbc => State::Cbc { chain: iv.to_vec(), pending: Vec::new() },
            Mode::Ctr => State::Ctr(AesStream::new(AesMode::Counter, key, iv, encrypts).ok()?),
            Mode::Cfb => State::Cfb { register: iv.to_vec(), used: iv.len() },
            Mode::Cfb8 => State::Cfb8 { register: iv.to_vec() },
            Mode::Ofb => State::Ofb { register: iv.to_vec(), used: iv.len() },
            Mode::Gcm => State::Gcm(AesStream::new(AesMode::Galois, key, iv, encrypts).ok()?),
            Mode::Ccm => State::Ccm { nonce: iv.to_vec(), aad: Vec::new(), done: false, failed: false },
            Mode::Wrap => State::Wrap { iv: iv.to_vec() },
            Mode::ChaCha20 => {
                // The vector is the 32-bit counter, little endian, and the nonce.
                let count = u32::from_le_bytes(iv[..4].try_into().ok()?);
                let mut stream = chacha20::ChaCha20::new_from_slices(key, &iv[4..]).ok()?;
                stream.seek(u64::from(count) * 64);
                State::ChaCha20(Box::new(stream))
            }
            Mode::ChaCha20Poly1305 => {
                let mut nonce = [0; 12];
                nonce[12 - iv.len()..].copy_from_slice(iv);
                let mut stream = chacha20::ChaCha20::new_from_slices(key, &nonce).ok()?;
                let mut hash_key = [0; 32];
                stream.apply_keystream(&mut hash_key);
                stream.seek(64u32);
                let hash = BlockHash::new(Poly1305::new_from_slice(&hash_key).ok()?);
                State::ChaCha20Poly1305 { stream: Box::new(stream), hash, aad_length: None }
            }
        };
        Some(Cipher { info, encrypts, padding: true, block, state, tag_length, tag: None })
    }
    pub(super) fn encrypts(&self) -> bool {
        self.encrypts
    }
    pub(super) fn set_padding(&mut self, on: bool) {
        self.padding = on;
    }
    pub(super) fn tag_length(&self) -> usize {
        self.tag_length
    }
    /// The tag: computed by the last step when encrypting, given when decrypting.
    pub(super) fn tag(&self) -> Option<&[u8]> {
        self.tag.as_deref()
    }
    pub(super) fn set_tag(&mut self, tag: Vec<u8>) {
        self.tag = Some(tag);
    }
    /// Takes in additional authenticated data; false if it is too late for that, or the mode has none.
    pub(super) fn add_authenticated(&mut self, data: &[u8]) -> bool {
        match &mut self.state {
            State::Gcm(stream) => return stream.authenticate(data).is_ok(),
            State::ChaCha20Poly1305 { hash, aad_length: None, .. } => hash.update(data),
            State::Ccm { aad, done: false, .. } => aad.extend_from_slice(data),
            _ => return false,
        }
        true
    }
    /// Encrypts or decrypts a part.
    pub(super) fn update(&mut self, data: &[u8]) -> Result<Vec<u8>, CipherError> {
        let encrypts = self.encrypts;
        // All but these change what they are given in place.
        let is_copied = !matches!(self.state, State::Ctr(_) | State::Gcm(_));
        let mut out = if is_copied { data.to_vec() } else { Vec::new() };
        match (&mut self.state, &self.block) {
            (State::Ctr(stream) | State::Gcm(stream), _) => {
                out = stream.update(data).map_err(|_| CipherError::Unauthenticated)?;
            }
            (State::Ecb { pending }, Some(cipher)) => {
                out = take_blocks(pending, data, cipher.block_size(), !encrypts && self.padding);
                if encrypts { cipher.encrypt(&mut out) } else { cipher.decrypt(&mut out) }
            }
            (State::Cbc { chain, pending }, Some(cipher)) => {
                out = take_blocks(pending, data, cipher.block_size(), !encrypts && self.padding);
                cbc(&**cipher, encrypts, chain, &mut out);
            }
            (State::Cfb { register, used }, Some(cipher)) => {
                for byte in &mut out {
                    if *used == register.len() {
                        cipher.encrypt(register);
                        *used = 0;
                    }
                    let input = *byte;
                    *byte ^= register[*used];
                    register[*used] = if encrypts { *byte } else { input };
                    *used += 1;
                }
            }
            (State::Cfb8 { register }, Some(cipher)) => {
                for byte in &mut out {
                    let mut block = register.clone();
                    cipher.encrypt(&mut block);
                    let input = *byte;
                    *byte ^= block[0];
                    register.remove(0);
                    register.push(if encrypts { *byte } else { input });
                }
            }
            (State::Ofb { register, used }, Some(cipher)) => {
                for byte in &mut out {
                    if *used == register.len() {
                        cipher.encrypt(register);
                        *used = 0;
                    }
                    *byte ^= register[*used];
                    *used += 1;
                }
            }
            (State::Ccm { nonce, aad, done, failed }, Some(cipher)) => {
                if *done {
                    return Err(CipherError::Unauthenticated);
                }
                *done = true;
                let length_bytes = 15 - nonce.len();
                if length_bytes < 8 && data.len() as u64 >> (8 * length_bytes) != 0 {
                    return Err(CipherError::MessageLength);
                }
                let tag = ccm(&**cipher, encrypts, nonce, aad, &mut out, self.tag_length);
                if encrypts {
                    self.tag = Some(tag);
                } else if !self.tag.as_deref().is_some_and(|given| given.ct_eq(&tag).into()) {
                    *failed = true;
                    out.fill(0);
                    return Err(CipherError::Unauthenticated);
                }
            }
            (State::Wrap { iv }, Some(cipher)) => {
                let wrapped = if encrypts { wrap(&**cipher, iv, data) } else { unwrap(&**cipher, iv, data) };
                out = wrapped.ok_or(CipherError::Unauthenticated)?;
            }
            (State::ChaCha20(stream), _) => stream.apply_keystream(&mut out),
            (State::ChaCha20Poly1305 { stream, hash, aad_length }, _) => {
                if aad_length.is_none() {
                    *aad_length = Some(hash.pad());
                }
                if !encrypts {
                    hash.update(&out);
                }
                stream.apply_keystream(&mut out);
                if encrypts {
                    hash.update(&out);
                }
            }
            // Block modes have their block cipher.
            (_, None) => return Err(CipherError::Unauthenticated),
        }
        Ok(out)
    }
    /// What is left at the end; checks or makes the tag.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, Option<Vec<u8>>), CipherError> {
        if self.info.mode == Mode::Ccm {
            let State::Ccm { done, failed, .. } = &self.state else {
                return Err(CipherError::Unauthenticated);
            };
            if *failed || (!*done && !self.encrypts && self.tag.is_none()) {
                return Err(CipherError::Unauthenticated);
            }
            if !*done {
                self.update(&[])?;
            }
            return Ok((Vec::new(), self.tag));
        }
        let Cipher { encrypts, padding, block, state, tag_length, tag, .. } = self;
        let tag_for = |computed: [u8; 16], tag: Option<Vec<u8>>| {
            if encrypts {
                return Ok((Vec::new(), Some(computed[..tag_length.min(16)].to_vec())));
            }
            match tag {
                Some(given) if given.len() <= 16 && bool::from(given.ct_eq(&computed[..given.len()])) => {
                    Ok((Vec::new(), Some(given)))
                }
                _ => Err(CipherError::Unauthenticated),
            }
        };
        match state {
            State::Ecb { pending } => last_block(block, encrypts, padding, None, pending),
            State::Cbc { chain, pending } => last_block(block, encrypts, padding, Some(chain), pending),
            State::Gcm(stream) => match stream.finish(tag.as_deref()) {
                Ok(made) if encrypts => Ok((Vec::new(), Some(made[..tag_length.min(16)].to_vec()))),
                Ok(_) => Ok((Vec::new(), tag)),
                Err(_) => Err(CipherError::Unauthenticated),
            },
            State::ChaCha20Poly1305 { mut hash, aad_length, .. } => {
                let aad = aad_length.unwrap_or_else(|| hash.pad());
                let text = hash.pad();
                let mut lengths = [0; 16];
                lengths[..8].copy_from_slice(&aad.to_le_bytes());
                lengths[8..].copy_from_slice(&text.to_le_bytes());
                tag_for(hash.finish(lengths), tag)
            }
            _ => Ok((Vec::new(), None)),
        }
    }
}

/// The whole blocks of what is pending and new; one is kept back where the last one may be padding.
fn take_blocks(pending: &mut Vec<u8>, data: &[u8], size: usize, keep_one: bool) -> Vec<u8> {
    pending.extend_from_slice(data);
    let mut whole = pending.len() / size * size;
    if keep_one && whole == pending.len() {
        whole = whole.saturating_sub(size);
    }
    let rest = pending.split_off(whole);
    std::mem::replace(pending, rest)
}
fn cbc(cipher: &dyn BlockCipher, encrypts: bool, chain: &mut [u8], blocks: &mut [u8]) {
    let size = cipher.block_size();
    if blocks.is_empty() {
        return;
    }
    if encrypts {
        for block in blocks.chunks_exact_mut(size) {
            xor(block, chain);
            cipher.encrypt(block);
            chain.copy_from_slice(block);
        }
        return;
    }
    let before = blocks.to_vec();
    cipher.decrypt(blocks);
    let chained = chain.iter().chain(&before);
    for (byte, previous) in blocks.iter_mut().zip(chained) {
        *byte ^= previous;
    }
    chain.copy_from_slice(&before[before.len() - size..]);
}
/// The end of ECB and CBC: adds or takes off the padding of PKCS #7.
fn last_block(
    cipher: Option<Box<dyn BlockCipher>>,
    encrypts: bool,
    padding: bool,
    chain: Option<Vec<u8>>,
    mut pending: Vec<u8>,
) -> Result<(Vec<u8>, Option<Vec<u8>>), CipherError> {
    let Some(cipher) = cipher else { return Err(CipherError::WrongFinalBlockLength) };
    let size = cipher.block_size();
    if !padding {
        return if pending.is_empty() {
            Ok((pending, None))
        } else {
            Err(CipherError::WrongFinalBlockLength)
        };
    }
    if encrypts {
        let n = size - pending.len() % size;
        pending.resize(pending.len() + n, n as u8);
    } else if pending.len() != size {
        return Err(CipherError::WrongFinalBlockLength);
    }
    match chain {
        Some(mut chain) => cbc(&*cipher, encrypts, &mut chain, &mut pending),
        None if encrypts => cipher.encrypt(&mut pending),
        None => cipher.decrypt(&mut pending),
    }
    if !encrypts {
        let n = pending[size - 1];
        let valid = n >= 1 && n as usize <= size && pending[size - n as usize..].iter().all(|b| *b == n);
        if !valid {
            return Err(CipherError::BadDecrypt);
        }
        pending.truncate(size - n as usize);
    }
    Ok((pending, None))
}
/// AES key wrap, RFC 3394 §2.2.1; None unless there are at least two whole blocks of 8 bytes.
fn wrap(cipher: &dyn BlockCipher, iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    if data.len() < 16 || !data.len().is_multiple_of(8) {
        return None;
    }
    let mut out = [iv, data].concat();
    let mut step = 0u64;
    for _ in 0..6 {
        for i in (8..out.len()).step_by(8) {
            step += 1;
            let mut block = [&out[..8], &out[i..i + 8]].concat();
            cipher.encrypt(&mut block);
            xor(&mut block[..8], &step.to_be_bytes());
            out[..8].copy_from_slice(&block[..8]);
            out[i..i + 8].copy_from_slice(&block[8..]);
        }
    }
    Some(out)
}
/// The inverse of [`wrap`], RFC 3394 §2.2.2; None too if the initial value does not come out.
fn unwrap(cipher: &dyn BlockCipher, iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    if data.len() < 24 || !data.len().is_multiple_of(8) {
        return None;
    }
    let mut out = data.to_vec();
    let mut step = 6 * (data.len() as u64 / 8 - 1);
    for _ in 0..6 {
        for i in (8..out.len()).step_by(8).rev() {
            xor(&mut out[..8], &step.to_be_bytes());
            let mut block = [&out[..8], &out[i..i + 8]].concat();
            cipher.decrypt(&mut block);
            out[..8].copy_from_slice(&block[..8]);
            out[i..i + 8].copy_from_slice(&block[8..]);
            step -= 1;
        }
    }
    bool::from(out[..8].ct_eq(iv)).then(|| out[8..].to_vec())
}
/// CCM, NIST SP 800-38C: encrypts or decrypts `data` in place; the result is its tag.
fn ccm(
    cipher: &dyn BlockCipher,
    encrypts: bool,
    nonce: &[u8],
    aad: &[u8],
    data: &mut [u8],
    tag_length: usize,
) -> Vec<u8> {
    let length_bytes = 15 - nonce.len();
    let mac = |data: &[u8]| {
        let mut x = [0; 16];
        let mut absorb = |part: &[u8]| {
            for chunk in part.chunks(16) {
                xor(&mut x, chunk);
                cipher.encrypt(&mut x);
            }
        };
        let mut first = [0; 16];
        first[0] = (u8::from(!aad.is_empty()) << 6)
            | (((tag_length as u8).saturating_sub(2) / 2) << 3)
            | (length_bytes as u8 - 1);
        first[1..=nonce.len()].copy_from_slice(nonce);
        let length = (data.len() as u64).to_be_bytes();
        let n = length_bytes.min(8);
        first[16 - n..].copy_from_slice(&length[8 - n..]);
        absorb(&first);
        if !aad.is_empty() {
            let mut header = match aad.len() {
                n @ 0..0xff00 => (n as u16).to_be_bytes().to_vec(),
                n if n as u64 <= u64::from(u32::MAX) => {
                    [&[0xff, 0xfe], &(n as u32).to_be_bytes()[..]].concat()
                }
                n => [&[0xff, 0xff], &(n as u64).to_be_bytes()[..]].concat(),
            };
            header.extend_from_slice(aad);
            absorb(&header);
        }
        absorb(data);
        x
    };
    let mut block = [0; 16];
    block[0] = length_bytes as u8 - 1;
    block[1..=nonce.len()].copy_from_slice(nonce);
    let mut counter = Counter::new(block, length_bytes);
    let mut mask = [0; 16];
    counter.apply(cipher, &mut mask);
    let computed = if encrypts {
        let computed = mac(data);
        counter.apply(cipher, data);
        computed
    } else {
        counter.apply(cipher, data);
        mac(data)
    };
    let mut tag = computed;
    xor(&mut tag, &mask);
    tag[..tag_length.min(16)].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        hex_simd::encode_to_string(bytes, hex_simd::AsciiCase::Lower)
    }
    fn unhex(text: &str) -> Vec<u8> {
        crate::text::to_bytes(spey_engine::StrView::Latin1(text.as_bytes()), crate::text::Encoding::Hex)
    }
    fn start(name: &str, encrypts: bool) -> Cipher {
        let info = by_name(name).expect("known");
        let key: Vec<u8> = (0..info.key_length as u8).collect();
        let iv: Vec<u8> = (0..info.iv_length as u8).map(|i| 200 + i).collect();
        Cipher::new(info, encrypts, &key, &iv, 16).expect("right lengths")
    }

    #[test]
    fn all_round_trip_in_pieces() {
        let text: Vec<u8> = (0..2500u32).map(|i| (i * 7 / 3) as u8).collect();
        for info in CIPHERS {
            // These take their message at once.
            let piece = if matches!(info.mode, Mode::Ccm | Mode::Wrap) { 1 << 20 } else { 37 };
            let text = if info.mode == Mode::Wrap { &text[..64] } else { &text[..] };
            let mut cipher = start(info.name, true);
            if info.mode.is_authenticated() {
                assert!(cipher.add_authenticated(b"header"));
            }
            let mut sealed = Vec::new();
            for part in text.chunks(piece) {
                sealed.extend(cipher.update(part).expect(info.name));
            }
            let (last, mut tag) = cipher.finish().expect(info.name);
            tag = tag.filter(|_| info.mode.is_authenticated());
            sealed.extend(last);
            assert_ne!(&sealed[..text.len()], text, "{}", info.name);
            let open = |sealed: &[u8], tag: Option<Vec<u8>>| {
                let mut cipher = start(info.name, false);
                if let Some(tag) = tag {
                    cipher.set_tag(tag);
                    assert!(cipher.add_authenticated(b"header"));
                }
                let mut out = Vec::new();
                for part in sealed.chunks(piece) {
                    out.extend(cipher.update(part)?);
                }
                out.extend(cipher.finish()?.0);
                Ok(out)
            };
            assert_eq!(open(&sealed, tag.clone()).as_deref(), Ok(text), "{}", info.name);
            if tag.is_some() {
                sealed[5] ^= 1;
                assert_eq!(open(&sealed, tag), Err(CipherError::Unauthenticated), "{}", info.name);
            }
        }
    }

    #[test]
    fn known_answers() {
        // NIST SP 800-38A F.2.1, the GCM specification's case 4, RFC 8439 §2.8.2, NIST SP 800-38C example 2.
        let key = unhex("2b7e151628aed2a6abf7158809cf4f3c");
        let iv: Vec<u8> = (0..16).collect();
        let mut c = Cipher::new(by_name("aes-128-cbc").unwrap(), true, &key, &iv, 0).unwrap();
        let out = c.update(&unhex("6bc1bee22e409f96e93d7e117393172a")).unwrap();
        assert_eq!(hex(&out), "7649abac8119b246cee98e9b12e9197d");

        let key = unhex("feffe9928665731c6d6a8f9467308308");
        let mut c =
            Cipher::new(by_name("aes-128-gcm").unwrap(), true, &key, &unhex("cafebabefacedbaddecaf888"), 16)
                .unwrap();
        c.add_authenticated(&unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
        let out = c
            .update(&unhex(
                "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            ))
            .unwrap();
        assert_eq!(&hex(&out)[..32], "42831ec2217774244b7221b784d0d49c");
        assert_eq!(hex(&c.finish().unwrap().1.unwrap()), "5bc94fbc3221a5db94fae95ae7121a47");

        let key: Vec<u8> = (0x80..0xa0).collect();
        let nonce = unhex("070000004041424344454647");
        let mut c = Cipher::new(by_name("chacha20-poly1305").unwrap(), true, &key, &nonce, 16).unwrap();
        c.add_authenticated(&unhex("50515253c0c1c2c3c4c5c6c7"));
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        c.update(text).unwrap();
        assert_eq!(hex(&c.finish().unwrap().1.unwrap()), "1ae10b594f09e26a7e902ecbd0600691");

        let key: Vec<u8> = (0x40..0x50).collect();
        let nonce = unhex("1011121314151617");
        let mut c = Cipher::new(by_name("aes-128-ccm").unwrap(), true, &key, &nonce, 6).unwrap();
        c.add_authenticated(&(0..16).collect::<Vec<u8>>());
        let out = c.update(&(0x20..0x30).collect::<Vec<u8>>()).unwrap();
        assert_eq!(hex(&out), "d2a1f0e051ea5f62081a7792073d593d");
        assert_eq!(hex(c.tag().unwrap()), "1fc64fbfaccd");
    }
}
