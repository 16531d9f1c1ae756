//! The basic URL parser, https://url.spec.whatwg.org/#concept-basic-url-parser.
//!
//! It works on the UTF-8 bytes: all delimiters are ASCII, and everything else is percent-encoded byte by byte.

use super::host;

/// No such part, in [`Components`].
pub(super) const ABSENT: u32 = u32::MAX;
/// Where the parts of a serialised URL are: end of the scheme with its colon, end of the username, start and end of the
/// host (the start is the `@`, if there is one), port, start of path, query and fragment, number of the scheme.
pub(super) type Components = [u32; 9];

/// A URL record, https://url.spec.whatwg.org/#concept-url. All parts are ASCII, in serialised form.
#[derive(Clone, Default, Debug)]
pub(super) struct Url {
    pub(super) scheme: String,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    /// Opaque, or all segments with a slash in front of each.
    pub(super) path: String,
    pub(super) opaque: bool,
    pub(super) query: Option<String>,
    pub(super) fragment: Option<String>,
}

/// Parsing failed.
#[derive(Debug)]
pub(super) struct Failure;

/// https://url.spec.whatwg.org/#url-parsing: states. The first eight can be asked for by a setter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    SchemeStart,
    Host,
    Hostname,
    Port,
    PathStart,
    Query,
    Fragment,
    Scheme,
    NoScheme,
    SpecialRelativeOrAuthority,
    PathOrAuthority,
    Relative,
    RelativeSlash,
    SpecialAuthoritySlashes,
    SpecialAuthorityIgnoreSlashes,
    Authority,
    File,
    FileSlash,
    FileHost,
    Path,
    OpaquePath,
}

/// Default port of a special scheme; None for other schemes.
fn special(scheme: &str) -> Option<Option<u16>> {
    Some(match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        "file" => None,
        _ => return None,
    })
}

// ---------------------------------------------------------------- percent-encode sets

/// https://url.spec.whatwg.org/#percent-encoded-bytes: the sets.
#[derive(Clone, Copy)]
pub(super) enum EncodeSet {
    C0Control,
    Fragment,
    Query,
    SpecialQuery,
    Path,
    UserInfo,
}
impl EncodeSet {
    fn contains(self, b: u8) -> bool {
        if !(0x20..=0x7e).contains(&b) {
            return true;
        }
        match self {
            EncodeSet::C0Control => false,
            EncodeSet::Fragment => matches!(b, b' ' | b'"' | b'<' | b'>' | b'`'),
            EncodeSet::Query => matches!(b, b' ' | b'"' | b'#' | b'<' | b'>'),
            EncodeSet::SpecialQuery => matches!(b, b' ' | b'"' | b'#' | b'<' | b'>' | b'\''),
            EncodeSet::Path => {
                matches!(b, b' ' | b'"' | b'#' | b'<' | b'>' | b'?' | b'^' | b'`' | b'{' | b'}')
            }
            EncodeSet::UserInfo => {
                EncodeSet::Path.contains(b)
                    || matches!(b, b'/' | b':' | b';' | b'=' | b'@' | b'[' | b'\\' | b']' | b'|')
            }
        }
    }
}
/// Appends a byte, percent-encoded if the set says so.
fn push_encoded(out: &mut String, b: u8, set: EncodeSet) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if set.contains(b) {
        out.push('%');
        out.push(DIGITS[usize::from(b >> 4)] as char);
        out.push(DIGITS[usize::from(b & 15)] as char);
    } else {
        out.push(b as char);
    }
}
/// Appends bytes, percent-encoded where the set says so.
pub(super) fn encode(out: &mut String, bytes: &[u8], set: EncodeSet) {
    for &b in bytes {
        push_encoded(out, b, set);
    }
}

// ---------------------------------------------------------------- segments

fn is_single_dot(segment: &str) -> bool {
    segment == "." || segment.eq_ignore_ascii_case("%2e")
}
fn is_double_dot(segment: &str) -> bool {
    matches!(segment.len(), 2 | 4 | 6)
        && ["..", ".%2e", "%2e.", "%2e%2e"].iter().any(|d| segment.eq_ignore_ascii_case(d))
}
/// https://url.spec.whatwg.org/#windows-drive-letter
fn is_drive_letter(s: &[u8]) -> bool {
    s.len() == 2 && s[0].is_ascii_alphabetic() && matches!(s[1], b':' | b'|')
}
fn is_normalized_drive_letter(s: &[u8]) -> bool {
    is_drive_letter(s) && s[1] == b':'
}
/// https://url.spec.whatwg.org/#start-with-a-windows-drive-letter
fn starts_with_drive_letter(s: &[u8]) -> bool {
    s.len() >= 2 && is_drive_letter(&s[..2]) && (s.len() == 2 || matches!(s[2], b'/' | b'\\' | b'?' | b'#'))
}

impl Url {
    /// Parses `input`, relative to `base` if there is one.
    pub(super) fn parse(input: &str, base: Option<&Url>) -> Result<Url, Failure> {
        let mut url = Url::default();
        let trimmed = input.trim_matches(|c: char| c <= ' ');
        url.run(trimmed, base, None)?;
        Ok(url)
    }
    pub(super) fn is_special(&self) -> bool {
        special(&self.scheme).is_some()
    }
    fn has_credentials(&self) -> bool {
        !self.username.is_empty() || !self.password.is_empty()
    }
    /// https://url.spec.whatwg.org/#cannot-have-a-username-password-port
    fn cannot_have_credentials_or_port(&self) -> bool {
        self.host.as_deref().is_none_or(str::is_empty) || self.scheme == "file"
    }
    /// https://url.spec.whatwg.org/#shorten-a-urls-path
    fn shorten_path(&mut self) {
        let p = self.path.as_bytes();
        if self.scheme == "file" && p.len() == 3 && is_normalized_drive_letter(&p[1..]) {
            return;
        }
        let end = self.path.rfind('/').unwrap_or(0);
        self.path.truncate(end);
    }
    fn push_segment(&mut self, segment: &str) {
        self.path.push('/');
        self.path.push_str(segment);
    }
    fn copy_authority(&mut self, base: &Url) {
        self.username.clone_from(&base.username);
        self.password.clone_from(&base.password);
        self.host.clone_from(&base.host);
        self.port = base.port;
    }
    fn copy_path(&mut self, base: &Url) {
        self.path.clone_from(&base.path);
        self.opaque = base.opaque;
    }

    /// Runs the state machine on the input without tabs and newlines, from `state_override` on if a setter gives one.
    fn run(&mut self, input: &str, base: Option<&Url>, state_override: Option<State>) -> Result<(), Failure> {
        let stripped;
        let input = if input.bytes().any(|b| matches!(b, b'\t' | b'\n' | b'\r')) {
            stripped = input.replace(['\t', '\n', '\r'], "");
            stripped.as_bytes()
        } else {
            input.as_bytes()
        };
        let setter = state_override.is_some();
        let mut state = state_override.unwrap_or(State::SchemeStart);
        let mut buffer = String::new();
        // Bytes of the authority, host and port states, not decoded.
        let mut raw: Vec<u8> = Vec::new();
        let (mut at_sign_seen, mut in_brackets, mut password_seen) = (false, false, false);
        let mut pointer = 0usize;
        loop {
            let c = input.get(pointer).copied();
            let rest = input.get(pointer + 1..).unwrap_or_default();
            let here = input.get(pointer..).unwrap_or_default();
            let is_slash = c == Some(b'/') || (c == Some(b'\\') && self.is_special());
            let ends_authority = matches!(c, None | Some(b'/' | b'?' | b'#')) || is_slash;
            // Set by states that look at the same byte again.
            let mut again = false;
            match state {
                State::SchemeStart => match c {
                    Some(b) if b.is_ascii_alphabetic() => {
                        buffer.push(b.to_ascii_lowercase() as char);
                        state = State::Scheme;
                    }
                    _ if !setter => {
                        state = State::NoScheme;
                        again = true;
                    }
                    _ => return Err(Failure),
                },
                State::Scheme => match c {
                    Some(b) if b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.') => {
                        buffer.push(b.to_ascii_lowercase() as char);
                    }
                    Some(b':') => {
                        if setter {
                            if self.is_special() != special(&buffer).is_some()
                                || (buffer == "file" && (self.has_credentials() || self.port.is_some()))
                                || (self.scheme == "file" && self.host.as_deref() == Some(""))
                            {
                                return Ok(());
                            }
                            self.scheme = buffer;
                            if self.port.is_some() && special(&self.scheme).flatten() == self.port {
                                self.port = None;
                            }
                            return Ok(());
                        }
                        self.scheme = std::mem::take(&mut buffer);
                        state = if self.scheme == "file" {
                            State::File
                        } else if self.is_special() {
                            match base {
                                Some(b) if b.scheme == self.scheme => State::SpecialRelativeOrAuthority,
                                _ => State::SpecialAuthoritySlashes,
                            }
                        } else if rest.first() == Some(&b'/') {
                            pointer += 1;
                            State::PathOrAuthority
                        } else {
                            self.opaque = true;
                            State::OpaquePath
                        };
                    }
                    _ if !setter => {
                        buffer.clear();
                        state = State::NoScheme;
                        pointer = 0;
                        continue;
                    }
                    _ => return Err(Failure),
                },
                State::NoScheme => {
                    let Some(base) = base else { return Err(Failure) };
                    if base.opaque {
                        if c != Some(b'#') {
                            return Err(Failure);
                        }
                        self.scheme.clone_from(&base.scheme);
                        self.copy_path(base);
                        self.query.clone_from(&base.query);
                        self.fragment = Some(String::new());
                        state = State::Fragment;
                    } else {
                        state = if base.scheme == "file" { State::File } else { State::Relative };
                        again = true;
                    }
                }
                State::SpecialRelativeOrAuthority => {
                    if here.starts_with(b"//") {
                        state = State::SpecialAuthorityIgnoreSlashes;
                        pointer += 1;
                    } else {
                        state = State::Relative;
                        again = true;
                    }
                }
                State::PathOrAuthority => {
                    if c == Some(b'/') {
                        state = State::Authority;
                    } else {
                        state = State::Path;
                        again = true;
                    }
                }
                State::Relative => {
                    let Some(base) = base else { return Err(Failure) };
                    self.scheme.clone_from(&base.scheme);
                    if c == Some(b'/') || (c == Some(b'\\') && self.is_special()) {
                        state = State::RelativeSlash;
                    } else {
                        self.copy_authority(base);
                        self.copy_path(base);
                        self.query.clone_from(&base.query);
                        match c {
                            Some(b'?') => {
                                self.query = Some(String::new());
                                state = State::Query;
                            }
                            Some(b'#') => {
                                self.fragment = Some(String::new());
                                state = State::Fragment;
                            }
                            Some(_) => {
                                self.query = None;
                                self.shorten_path();
                                state = State::Path;
                                again = true;
                            }
                            None => {}
                        }
                    }
                }
                State::RelativeSlash => {
                    let Some(base) = base else { return Err(Failure) };
                    if self.is_special() && is_slash {
                        state = State::SpecialAuthorityIgnoreSlashes;
                    } else if is_slash {
                        state = State::Authority;
                    } else {
                        self.copy_authority(base);
                        state = State::Path;
                        again = true;
                    }
                }
                State::SpecialAuthoritySlashes => {
                    state = State::SpecialAuthorityIgnoreSlashes;
                    if here.starts_with(b"//") {
                        pointer += 1;
                    } else {
                        again = true;
                    }
                }
                State::SpecialAuthorityIgnoreSlashes => {
                    if !matches!(c, Some(b'/' | b'\\')) {
                        state = State::Authority;
                        again = true;
                    }
                }
                State::Authority => {
                    if c == Some(b'@') {
                        if at_sign_seen {
                            raw.splice(0..0, *b"%40");
                        }
                        at_sign_seen = true;
                        for b in raw.drain(..) {
                            if b == b':' && !password_seen {
                                password_seen = true;
                            } else if password_seen {
                                push_encoded(&mut self.password, b, EncodeSet::UserInfo);
                            } else {
                                push_encoded(&mut self.username, b, EncodeSet::UserInfo);
                            }
                        }
                    } else if ends_authority {
                        if at_sign_seen && raw.is_empty() {
                            return Err(Failure);
                        }
                        pointer -= raw.len();
                        raw.clear();
                        state = State::Host;
                        continue;
                    } else {
                        raw.extend(c);
                    }
                }
                State::Host | State::Hostname => {
                    if setter && self.scheme == "file" {
                        state = State::FileHost;
                        again = true;
                    } else if c == Some(b':') && !in_brackets {
                        if raw.is_empty() || state_override == Some(State::Hostname) {
                            return Err(Failure);
                        }
                        self.host = Some(host::parse(&raw, self.is_special())?);
                        raw.clear();
                        state = State::Port;
                    } else if ends_authority {
                        if raw.is_empty()
                            && (self.is_special()
                                || (setter && (self.has_credentials() || self.port.is_some())))
                        {
                            return Err(Failure);
                        }
                        self.host = Some(host::parse(&raw, self.is_special())?);
                        raw.clear();
                        if setter {
                            return Ok(());
                        }
                        state = State::PathStart;
                        again = true;
                    } else {
                        match c {
                            Some(b'[') => in_brackets = true,
                            Some(b']') => in_brackets = false,
                            _ => {}
                        }
                        raw.extend(c);
                    }
                }
                State::Port => match c {
                    Some(b) if b.is_ascii_digit() => raw.push(b),
                    _ if ends_authority || setter => {
                        if !raw.is_empty() {
                            let digits = std::str::from_utf8(&raw).map_err(|_| Failure)?;
                            let digits = digits.trim_start_matches('0');
                            let port =
                                if digits.is_empty() { 0 } else { digits.parse().map_err(|_| Failure)? };
                            self.port = (special(&self.scheme).flatten() != Some(port)).then_some(port);
                            raw.clear();
                            if setter {
                                return Ok(());
                            }
                        }
                        if setter {
                            return Err(Failure);
                        }
                        state = State::PathStart;
                        again = true;
                    }
                    _ => return Err(Failure),
                },
                State::File => {
                    "file".clone_into(&mut self.scheme);
                    self.host = Some(String::new());
                    if matches!(c, Some(b'/' | b'\\')) {
                        state = State::FileSlash;
                    } else if let Some(base) = base.filter(|b| b.scheme == "file") {
                        self.host.clone_from(&base.host);
                        self.copy_path(base);
                        self.query.clone_from(&base.query);
                        match c {
                            Some(b'?') => {
                                self.query = Some(String::new());
                                state = State::Query;
                            }
                            Some(b'#') => {
                                self.fragment = Some(String::new());
                                state = State::Fragment;
                            }
                            Some(_) => {
                                self.query = None;
                                if starts_with_drive_letter(here) {
                                    self.path.clear();
                                } else {
                                    self.shorten_path();
                                }
                                state = State::Path;
                                again = true;
                            }
                            None => {}
                        }
                    } else {
                        state = State::Path;
                        again = true;
                    }
                }
                State::FileSlash => {
                    if matches!(c, Some(b'/' | b'\\')) {
                        state = State::FileHost;
                    } else {
                        if let Some(base) = base.filter(|b| b.scheme == "file") {
                            self.host.clone_from(&base.host);
                            let first = base.path.split('/').nth(1).unwrap_or_default();
                            if !starts_with_drive_letter(here) && is_normalized_drive_letter(first.as_bytes())
                            {
                                self.push_segment(first);
                            }
                        }
                        state = State::Path;
                        again = true;
                    }
                }
                State::FileHost => {
                    if matches!(c, None | Some(b'/' | b'\\' | b'?' | b'#')) {
                        if !setter && is_drive_letter(&raw) {
                            // The letter becomes the first segment of the path.
                            buffer.extend(raw.drain(..).map(char::from));
                            state = State::Path;
                        } else if raw.is_empty() {
                            self.host = Some(String::new());
                            if setter {
                                return Ok(());
                            }
                            state = State::PathStart;
                        } else {
                            let h = host::parse(&raw, true)?;
                            self.host = Some(if h == "localhost" { String::new() } else { h });
                            if setter {
                                return Ok(());
                            }
                            raw.clear();
                            state = State::PathStart;
                        }
                        again = true;
                    } else {
                        raw.extend(c);
                    }
                }
                State::PathStart => {
                    if self.is_special() {
                        state = State::Path;
                        again = !is_slash;
                    } else if !setter && c == Some(b'?') {
                        self.query = Some(String::new());
                        state = State::Query;
                    } else if !setter && c == Some(b'#') {
                        self.fragment = Some(String::new());
                        state = State::Fragment;
                    } else if c.is_some() {
                        state = State::Path;
                        again = c != Some(b'/');
                    } else if setter && self.host.is_none() {
                        self.push_segment("");
                    }
                }
                State::Path => {
                    let ends = c.is_none() || is_slash || (!setter && matches!(c, Some(b'?' | b'#')));
                    if !ends {
                        if let Some(b) = c {
                            push_encoded(&mut buffer, b, EncodeSet::Path);
                        }
                    } else {
                        if is_double_dot(&buffer) {
                            self.shorten_path();
                            if !is_slash {
                                self.push_segment("");
                            }
                        } else if is_single_dot(&buffer) {
                            if !is_slash {
                                self.push_segment("");
                            }
                        } else {
                            if self.scheme == "file"
                                && self.path.is_empty()
                                && is_drive_letter(buffer.as_bytes())
                            {
                                buffer.replace_range(1..2, ":");
                            }
                            self.push_segment(&buffer);
                        }
                        buffer.clear();
                        match c {
                            Some(b'?') => {
                                self.query = Some(String::new());
                                state = State::Query;
                            }
                            Some(b'#') => {
                                self.fragment = Some(String::new());
                                state = State::Fragment;
                            }
                            _ => {}
                        }
                    }
                }
                State::OpaquePath => match c {
                    Some(b'?') => {
                        self.query = Some(String::new());
                        state = State::Query;
                    }
                    Some(b'#') => {
                        self.fragment = Some(String::new());
                        state = State::Fragment;
                    }
                    Some(b' ') if matches!(rest.first(), Some(b'?' | b'#')) => self.path.push_str("%20"),
                    Some(b) => push_encoded(&mut self.path, b, EncodeSet::C0Control),
                    None => {}
                },
                State::Query => {
                    let set = if self.is_special() { EncodeSet::SpecialQuery } else { EncodeSet::Query };
                    let end = if setter { None } else { here.iter().position(|b| *b == b'#') };
                    encode(self.query.get_or_insert_default(), &here[..end.unwrap_or(here.len())], set);
                    let Some(end) = end else { return Ok(()) };
                    pointer += end;
                    self.fragment = Some(String::new());
                    state = State::Fragment;
                }
                State::Fragment => {
                    encode(self.fragment.get_or_insert_default(), here, EncodeSet::Fragment);
                    return Ok(());
                }
            }
            if again {
                continue;
            }
            if c.is_none() {
                return Ok(());
            }
            pointer += 1;
        }
    }

    // ---------------------------------------------------------------- setters

    /// The setters of the URL class, https://url.spec.whatwg.org/#api; what they cannot set stays as it is.
    pub(super) fn set_protocol(&mut self, value: &str) {
        self.run_setter(&format!("{value}:"), State::SchemeStart);
    }
    fn run_setter(&mut self, value: &str, state: State) {
        // A failure leaves the URL as it was up to what has been set before it.
        let _ = self.run(value, None, Some(state));
    }
    pub(super) fn set_username(&mut self, value: &str) {
        if !self.cannot_have_credentials_or_port() {
            self.username.clear();
            encode(&mut self.username, value.as_bytes(), EncodeSet::UserInfo);
        }
    }
    pub(super) fn set_password(&mut self, value: &str) {
        if !self.cannot_have_credentials_or_port() {
            self.password.clear();
            encode(&mut self.password, value.as_bytes(), EncodeSet::UserInfo);
        }
    }
    pub(super) fn set_host(&mut self, value: &str) {
        if !self.opaque {
            self.run_setter(value, State::Host);
        }
    }
    pub(super) fn set_hostname(&mut self, value: &str) {
        if !self.opaque {
            self.run_setter(value, State::Hostname);
        }
    }
    /// The host of a special URL whose hostname is set to `domain`; None if that fails.
    pub(super) fn special_host(domain: &str) -> Option<String> {
        let mut url = Url { scheme: "ws".to_owned(), ..Url::default() };
        url.run(domain, None, Some(State::Hostname)).ok()?;
        url.host
    }
    pub(super) fn set_port(&mut self, value: &str) {
        if self.cannot_have_credentials_or_port() {
            return;
        }
        if value.is_empty() {
            self.port = None;
        } else {
            self.run_setter(value, State::Port);
        }
    }
    pub(super) fn set_pathname(&mut self, value: &str) {
        if !self.opaque {
            self.path.clear();
            self.run_setter(value, State::PathStart);
        }
    }
    pub(super) fn set_search(&mut self, value: &str) {
        self.query = None;
        if !value.is_empty() {
            self.query = Some(String::new());
            self.run_setter(value.strip_prefix('?').unwrap_or(value), State::Query);
        }
    }
    pub(super) fn set_hash(&mut self, value: &str) {
        self.fragment = None;
        if !value.is_empty() {
            self.fragment = Some(String::new());
            self.run_setter(value.strip_prefix('#').unwrap_or(value), State::Fragment);
        }
    }

    // ---------------------------------------------------------------- serialising

    /// https://url.spec.whatwg.org/#concept-url-serializer, and where the parts are.
    pub(super) fn serialize(&self) -> (String, Components) {
        let mut out = String::with_capacity(self.scheme.len() + self.path.len() + 32);
        let at = |out: &String| out.len() as u32;
        let mut c: Components = [ABSENT; 9];
        out.push_str(&self.scheme);
        out.push(':');
        c[0] = at(&out);
        match &self.host {
            Some(host) => {
                out.push_str("//");
                out.push_str(&self.username);
                c[1] = at(&out);
                if !self.password.is_empty() {
                    out.push(':');
                    out.push_str(&self.password);
                }
                c[2] = at(&out);
                if self.has_credentials() {
                    out.push('@');
                }
                out.push_str(host);
                c[3] = at(&out);
                if let Some(port) = self.port {
                    c[4] = u32::from(port);
                    out.push_str(&format!(":{port}"));
                }
            }
            None => {
                (c[1], c[2], c[3]) = (c[0], c[0], c[0]);
                // So that it does not look like an authority.
                if !self.opaque && self.path.starts_with("//") {
                    out.push_str("/.");
                }
            }
        }
        c[5] = at(&out);
        out.push_str(&self.path);
        if let Some(query) = &self.query {
            c[6] = at(&out);
            out.push('?');
            out.push_str(query);
        }
        if let Some(fragment) = &self.fragment {
            c[7] = at(&out);
            out.push('#');
            out.push_str(fragment);
        }
        c[8] = match self.scheme.as_str() {
            "http" => 0,
            "https" => 2,
            "ws" => 3,
            "ftp" => 4,
            "wss" => 5,
            "file" => 6,
            _ => 1,
        };
        (out, c)
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    fn href(input: &str, base: Option<&str>) -> Option<String> {
        let base = base.map(|b| Url::parse(b, None).expect("valid base"));
        Url::parse(input, base.as_ref()).ok().map(|u| u.serialize().0)
    }
    #[test]
    fn parses() {
        for (input, base, expected) in [
            ("http://user:pass@foo:21/bar;par?b#c", None, Some("http://user:pass@foo:21/bar;par?b#c")),
            ("http:\\\\x:080/a/../b/./c/", None, Some("http://x/b/c/")),
            ("../x?y", Some("http://a/b/c/d"), Some("http://a/b/x?y")),
            ("//h/p", Some("https://a/b"), Some("https://h/p")),
            ("#f", Some("data:text/plain,x"), Some("data:text/plain,x#f")),
            ("x", Some("data:text/plain,x"), None),
            ("file:C|/a/..", None, Some("file:///C:/")),
            ("/..//localhost//pork", Some("file://lion/"), Some("file://lion//localhost//pork")),
            ("http://0x7f.1/", None, Some("http://127.0.0.1/")),
            ("http://[1::0:0:8]/", None, Some("http://[1::8]/")),
            ("http://[::ffff:1.2.3.4]/", None, Some("http://[::ffff:102:304]/")),
            ("http://256.256.256.256/", None, None),
            ("http://a b/", None, None),
            ("http://EXAMPLE%2ecom/%7e?'", None, Some("http://example.com/%7e?%27")),
            ("http://faß.de/ü", None, Some("http://xn--fa-hia.de/%C3%BC")),
            ("web+demo:/.//not-a-host/", None, Some("web+demo:/.//not-a-host/")),
            ("foo:bar  ?x", None, Some("foo:bar %20?x")),
            ("http://a@b@c:d@e/", None, Some("http://a%40b%40c:d@e/")),
            ("http://a:65536/", None, None),
            ("non-special://%E2%80%A0/p?q'", None, Some("non-special://%E2%80%A0/p?q'")),
        ] {
            assert_eq!(href(input, base).as_deref(), expected, "{input} on {base:?}");
        }
    }
    #[test]
    fn sets() {
        let mut u = Url::parse("http://u:p@a:8080/x?y#z", None).expect("valid");
        u.set_host("b:70000");
        assert_eq!(u.serialize().0, "http://u:p@b:8080/x?y#z");
        u.set_hostname("c:90");
        u.set_port("443x");
        u.set_protocol("https");
        u.set_pathname("a/../?b");
        u.set_search("");
        u.set_hash("#h h");
        u.set_username("");
        assert_eq!(u.serialize().0, "https://:p@b/%3Fb#h%20h");
    }
}
