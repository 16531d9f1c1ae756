//! Request methods and their numbers, which are llhttp's.

/// A request method: an index into [`NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Method(pub(crate) u8);

impl Method {
    pub(crate) const DELETE: Method = Method(0);
    pub(crate) const GET: Method = Method(1);
    pub(crate) const POST: Method = Method(3);
    pub(crate) const CONNECT: Method = Method(5);
    pub(crate) const OPTIONS: Method = Method(6);
    pub(crate) const SOURCE: Method = Method(33);
    pub(crate) const PRI: Method = Method(34);
    const DESCRIBE: Method = Method(35);
    const FLUSH: Method = Method(45);
    pub(crate) const QUERY: Method = Method(46);

    /// Whether requests with an HTTP version may have it.
    pub(crate) fn is_http(self) -> bool {
        self.0 <= Self::PRI.0 || self == Self::QUERY
    }

    /// Whether requests with an RTSP version may have it.
    pub(crate) fn is_rtsp(self) -> bool {
        matches!(self, Self::OPTIONS | Self::GET | Self::POST)
            || (Self::DESCRIBE.0..=Self::FLUSH.0).contains(&self.0)
    }
}

/// Every method, by number.
pub(crate) const NAMES: [&str; 47] = [
    "DELETE",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "COPY",
    "LOCK",
    "MKCOL",
    "MOVE",
    "PROPFIND",
    "PROPPATCH",
    "SEARCH",
    "UNLOCK",
    "BIND",
    "REBIND",
    "UNBIND",
    "ACL",
    "REPORT",
    "MKACTIVITY",
    "CHECKOUT",
    "MERGE",
    "M-SEARCH",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "PATCH",
    "PURGE",
    "MKCALENDAR",
    "LINK",
    "UNLINK",
    "SOURCE",
    "PRI",
    "DESCRIBE",
    "ANNOUNCE",
    "SETUP",
    "PLAY",
    "PAUSE",
    "TEARDOWN",
    "GET_PARAMETER",
    "SET_PARAMETER",
    "REDIRECT",
    "RECORD",
    "FLUSH",
    "QUERY",
];

/// How data compare with the methods.
pub(super) enum Match {
    /// They begin with this method of this length.
    Yes(Method, usize),
    /// They may become one.
    More,
    /// They differ from every method after so many bytes.
    No(usize),
}

/// The method `data` begin with; the longest, if several fit.
pub(super) fn parse(data: &[u8]) -> Match {
    if data.starts_with(b"GET ") {
        return Match::Yes(Method::GET, 3);
    }
    let mut found = None;
    let mut longest = 0;
    for (index, name) in NAMES.iter().enumerate() {
        let common = name.bytes().zip(data).take_while(|(a, b)| a == *b).count();
        if common == name.len() {
            if found.is_none_or(|(_, length)| length < common) {
                found = Some((Method(index as u8), common));
            }
        } else if common == data.len() {
            return Match::More;
        }
        longest = longest.max(common);
    }
    match found {
        Some((method, length)) if length == longest => Match::Yes(method, length),
        _ => Match::No(longest),
    }
}
