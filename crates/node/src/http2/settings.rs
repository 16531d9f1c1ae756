//! Settings (RFC 9113 §6.5).

use super::frame::{read_u16, read_u32};

/// Identifiers.
pub(crate) mod id {
    pub(crate) const HEADER_TABLE_SIZE: u16 = 1;
    pub(crate) const ENABLE_PUSH: u16 = 2;
    pub(crate) const MAX_CONCURRENT_STREAMS: u16 = 3;
    pub(crate) const INITIAL_WINDOW_SIZE: u16 = 4;
    pub(crate) const MAX_FRAME_SIZE: u16 = 5;
    pub(crate) const MAX_HEADER_LIST_SIZE: u16 = 6;
    pub(crate) const ENABLE_CONNECT_PROTOCOL: u16 = 8;
}

/// Whether the protocol has a meaning for the setting.
pub(crate) fn is_known(setting: u16) -> bool {
    (id::HEADER_TABLE_SIZE..=id::MAX_HEADER_LIST_SIZE).contains(&setting)
        || setting == id::ENABLE_CONNECT_PROTOCOL
}

/// Windows must not be larger (§6.9.1).
pub(crate) const MAX_WINDOW: u32 = 0x7fff_ffff;
pub(crate) const DEFAULT_WINDOW: u32 = 65_535;
pub(crate) const DEFAULT_FRAME_BYTES: u32 = 16_384;
const MAX_FRAME_BYTES: u32 = 0xff_ffff;

/// The settings of one side.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) header_table_bytes: u32,
    pub(crate) enable_push: bool,
    pub(crate) max_concurrent_streams: u32,
    pub(crate) initial_window: u32,
    pub(crate) max_frame_bytes: u32,
    pub(crate) max_header_list_bytes: u32,
    pub(crate) enable_connect_protocol: bool,
    /// Settings that are not of the protocol, as they came.
    pub(crate) custom: Vec<(u16, u32)>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            header_table_bytes: 4096,
            enable_push: true,
            max_concurrent_streams: u32::MAX,
            initial_window: DEFAULT_WINDOW,
            max_frame_bytes: DEFAULT_FRAME_BYTES,
            max_header_list_bytes: u32::MAX,
            enable_connect_protocol: false,
            custom: vec![],
        }
    }
}

/// A value that is not allowed.
#[derive(Debug, PartialEq)]
pub(crate) enum Invalid {
    Protocol,
    FlowControl,
}

impl Settings {
    /// Sets one entry; what is not known is kept aside.
    pub(crate) fn set(&mut self, setting: u16, value: u32) -> Result<(), Invalid> {
        match setting {
            id::HEADER_TABLE_SIZE => self.header_table_bytes = value,
            id::ENABLE_PUSH if value > 1 => return Err(Invalid::Protocol),
            id::ENABLE_PUSH => self.enable_push = value == 1,
            id::MAX_CONCURRENT_STREAMS => self.max_concurrent_streams = value,
            id::INITIAL_WINDOW_SIZE if value > MAX_WINDOW => return Err(Invalid::FlowControl),
            id::INITIAL_WINDOW_SIZE => self.initial_window = value,
            id::MAX_FRAME_SIZE if !(DEFAULT_FRAME_BYTES..=MAX_FRAME_BYTES).contains(&value) => {
                return Err(Invalid::Protocol);
            }
            id::MAX_FRAME_SIZE => self.max_frame_bytes = value,
            id::MAX_HEADER_LIST_SIZE => self.max_header_list_bytes = value,
            id::ENABLE_CONNECT_PROTOCOL if value > 1 || (value == 0 && self.enable_connect_protocol) => {
                return Err(Invalid::Protocol);
            }
            id::ENABLE_CONNECT_PROTOCOL => self.enable_connect_protocol = value == 1,
            _ => match self.custom.iter().position(|entry| entry.0 == setting) {
                Some(place) => self.custom[place].1 = value,
                None if self.custom.len() < MAX_CUSTOM => self.custom.push((setting, value)),
                None => {}
            },
        }
        Ok(())
    }
}

/// So many settings outside the protocol are kept.
const MAX_CUSTOM: usize = 10;

/// The entries of a payload.
pub(crate) fn parse(payload: &[u8]) -> Vec<(u16, u32)> {
    payload.chunks_exact(6).map(|entry| (read_u16(entry), read_u32(&entry[2..]))).collect()
}

/// The payload of entries.
pub(crate) fn pack(entries: &[(u16, u32)]) -> Vec<u8> {
    entries
        .iter()
        .flat_map(|(id, value)| {
            let (id, value) = (id.to_be_bytes(), value.to_be_bytes());
            [id[0], id[1], value[0], value[1], value[2], value[3]]
        })
        .collect()
}
