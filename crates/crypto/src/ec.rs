//! Elliptic curves: names, points, the class ECDH.

use std::ptr::null_mut;

use aws_lc_sys as sys;

use crate::raw::{Owned, c_string, check, number, number_bytes, padded_bytes, static_text};
use crate::{Error, Key, Result};

/// How a point is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointForm {
    /// One coordinate and a bit.
    Compressed,
    /// Both coordinates.
    Uncompressed,
    /// Both coordinates and the bit.
    Hybrid,
}

/// The names of the curves there are.
pub fn curve_names() -> Vec<String> {
    // SAFETY: the buffer has room for as many as the first call says.
    unsafe {
        let count = sys::EC_get_builtin_curves(null_mut(), 0);
        let mut curves = Vec::with_capacity(count);
        sys::EC_get_builtin_curves(curves.as_mut_ptr(), count);
        curves.set_len(count);
        curves.iter().map(|curve: &sys::EC_builtin_curve| static_text(sys::OBJ_nid2sn(curve.nid))).collect()
    }
}

fn curve_id(name: &str) -> Result<i32> {
    let invalid = || Error::InvalidCurve(name.to_string());
    let text = c_string(name).map_err(|_| invalid())?;
    // SAFETY: reads the name.
    let id = unsafe {
        match sys::EC_curve_nist2nid(text.as_ptr()) {
            0 => sys::OBJ_sn2nid(text.as_ptr()),
            id => id,
        }
    };
    if id == 0 { Err(invalid()) } else { Ok(id) }
}

/// A key without numbers.
pub(crate) fn new_key(curve: &str) -> Result<Owned<sys::EC_KEY>> {
    let id = curve_id(curve)?;
    // SAFETY: the result is owned.
    unsafe { Owned::new(sys::EC_KEY_new_by_curve_name(id), sys::EC_KEY_free) }
        .map_err(|_| Error::InvalidCurve(curve.to_string()))
}

/// The curve of a key.
pub(crate) fn curve_of(key: &Key) -> String {
    // SAFETY: the group is borrowed from the key, which lives.
    unsafe {
        let ec = sys::EVP_PKEY_get0_EC_KEY(key.get());
        static_text(sys::OBJ_nid2sn(sys::EC_GROUP_get_curve_name(sys::EC_KEY_get0_group(ec))))
    }
}

/// Bits of the order of the curve.
pub(crate) fn order_bits(key: &Key) -> u32 {
    // SAFETY: the group is borrowed from the key, which lives.
    unsafe {
        let ec = sys::EVP_PKEY_get0_EC_KEY(key.get());
        sys::BN_num_bits(sys::EC_GROUP_get0_order(sys::EC_KEY_get0_group(ec)))
    }
}

/// Sets the point.
pub(crate) fn set_public(key: &Owned<sys::EC_KEY>, bytes: &[u8]) -> Result<()> {
    // SAFETY: the group is borrowed from the key; the key copies the point.
    unsafe {
        let group = sys::EC_KEY_get0_group(key.get());
        let point = Owned::new(sys::EC_POINT_new(group), sys::EC_POINT_free)?;
        check(sys::EC_POINT_oct2point(group, point.get(), bytes.as_ptr(), bytes.len(), null_mut()))?;
        check(sys::EC_KEY_set_public_key(key.get(), point.get()))
    }
}

/// Sets the private number, and the point that belongs to it.
pub(crate) fn set_private(key: &Owned<sys::EC_KEY>, bytes: &[u8]) -> Result<()> {
    let private = number(bytes)?;
    // SAFETY: the group is borrowed from the key; the key copies number and point.
    unsafe {
        let group = sys::EC_KEY_get0_group(key.get());
        let order = sys::EC_GROUP_get0_order(group);
        if sys::BN_is_zero(private.get()) == 1 || sys::BN_cmp(private.get(), order) >= 0 {
            return Err(Error::Other("Private key is not valid for specified curve."));
        }
        check(sys::EC_KEY_set_private_key(key.get(), private.get()))?;
        let point = Owned::new(sys::EC_POINT_new(group), sys::EC_POINT_free)?;
        check(sys::EC_POINT_mul(
            group,
            point.get(),
            private.get(),
            std::ptr::null(),
            std::ptr::null(),
            null_mut(),
        ))?;
        check(sys::EC_KEY_set_public_key(key.get(), point.get()))
    }
}

/// # Safety
/// Group and point live, and belong together.
unsafe fn point_bytes(
    group: *const sys::EC_GROUP,
    point: *const sys::EC_POINT,
    form: PointForm,
) -> Result<Vec<u8>> {
    let native = match form {
        PointForm::Compressed => sys::point_conversion_form_t::POINT_CONVERSION_COMPRESSED,
        _ => sys::point_conversion_form_t::POINT_CONVERSION_UNCOMPRESSED,
    };
    // SAFETY: by the contract; the buffer is as long as the first call says.
    let mut out = unsafe {
        let length = sys::EC_POINT_point2oct(group, point, native, null_mut(), 0, null_mut());
        let mut out = vec![0; length];
        if length == 0
            || sys::EC_POINT_point2oct(group, point, native, out.as_mut_ptr(), length, null_mut()) == 0
        {
            return Err(Error::last());
        }
        out
    };
    if form == PointForm::Hybrid {
        out[0] = 6 | out[out.len() - 1] & 1;
    }
    Ok(out)
}

impl Key {
    /// The encoded point of an EC key.
    pub fn ec_point(&self, form: PointForm) -> Result<Vec<u8>> {
        if self.id() != sys::EVP_PKEY_EC {
            return Err(Error::Unsupported);
        }
        // SAFETY: group and point are borrowed from the key, which lives.
        unsafe {
            let ec = sys::EVP_PKEY_get0_EC_KEY(self.get());
            point_bytes(sys::EC_KEY_get0_group(ec), sys::EC_KEY_get0_public_key(ec), form)
        }
    }
}

/// Writes a point in another form.
pub fn convert_point(curve: &str, bytes: &[u8], form: PointForm) -> Result<Vec<u8>> {
    let key = new_key(curve)?;
    set_public(&key, bytes)?;
    // SAFETY: group and point are borrowed from the key, which lives.
    unsafe { point_bytes(sys::EC_KEY_get0_group(key.get()), sys::EC_KEY_get0_public_key(key.get()), form) }
}

/// Key agreement on a curve, whose keys may be set and made again.
pub struct Ecdh {
    key: Owned<sys::EC_KEY>,
    curve: String,
}

impl Ecdh {
    /// Without a key.
    pub fn new(curve: &str) -> Result<Ecdh> {
        Ok(Ecdh { key: new_key(curve)?, curve: curve.to_string() })
    }
    /// A new pair.
    pub fn generate(&mut self) -> Result<()> {
        // SAFETY: the key is owned.
        check(unsafe { sys::EC_KEY_generate_key(self.key.get()) })
    }
    /// The encoded point; None before there is one.
    pub fn public(&self, form: PointForm) -> Result<Option<Vec<u8>>> {
        // SAFETY: group and point are borrowed from the key, which is owned.
        unsafe {
            let point = sys::EC_KEY_get0_public_key(self.key.get());
            if point.is_null() {
                return Ok(None);
            }
            point_bytes(sys::EC_KEY_get0_group(self.key.get()), point, form).map(Some)
        }
    }
    /// The private number; None before there is one.
    pub fn private(&self) -> Option<Vec<u8>> {
        // SAFETY: the number is borrowed from the key, which is owned.
        unsafe {
            let private = sys::EC_KEY_get0_private_key(self.key.get());
            (!private.is_null()).then(|| number_bytes(private))
        }
    }
    /// Sets the private number, and with it the point.
    pub fn set_private(&mut self, bytes: &[u8]) -> Result<()> {
        let fresh = new_key(&self.curve)?;
        set_private(&fresh, bytes)?;
        self.key = fresh;
        Ok(())
    }
    /// Sets the point only.
    pub fn set_public(&mut self, bytes: &[u8]) -> Result<()> {
        set_public(&self.key, bytes)
    }
    /// Whether number and point are there and belong together.
    pub fn is_valid_pair(&self) -> bool {
        // SAFETY: the key is owned.
        let valid = unsafe { sys::EC_KEY_check_key(self.key.get()) } == 1;
        // SAFETY: empties the queue of this thread.
        unsafe { sys::ERR_clear_error() };
        valid
    }
    /// The first coordinate of the shared point; None if the bytes are no point of the curve.
    pub fn compute(&self, peer: &[u8]) -> Result<Option<Vec<u8>>> {
        let other = new_key(&self.curve)?;
        if set_public(&other, peer).is_err() {
            return Ok(None);
        }
        // SAFETY: the point is borrowed from a key that lives; the buffer is as long as the field.
        unsafe {
            let group = sys::EC_KEY_get0_group(self.key.get());
            let length = sys::EC_GROUP_get_degree(group).div_ceil(8) as usize;
            let mut out = vec![0u8; length];
            let point = sys::EC_KEY_get0_public_key(other.get());
            let written = sys::ECDH_compute_key(out.as_mut_ptr().cast(), length, point, self.key.get(), None);
            if written <= 0 {
                return Err(Error::last());
            }
            out.truncate(written as usize);
            Ok(Some(out))
        }
    }
    /// The private number as long as the order.
    pub fn padded_private(&self) -> Option<Vec<u8>> {
        // SAFETY: number and group are borrowed from the key, which is owned.
        unsafe {
            let private = sys::EC_KEY_get0_private_key(self.key.get());
            let order = sys::EC_GROUP_get0_order(sys::EC_KEY_get0_group(self.key.get()));
            (!private.is_null()).then(|| padded_bytes(private, sys::BN_num_bytes(order) as usize))
        }
    }
}
