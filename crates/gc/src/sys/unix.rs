//! Unix: `mmap`, `madvise`, `sysconf`.

use std::ptr::null_mut;

/// Reserves `bytes` of zeroed, readable and writable, lazily committed memory at a multiple of `align`.
/// Both are multiples of the page size. `None` if the system refuses.
pub fn map(bytes: usize, align: usize) -> Option<*mut u8> {
    let padded = if align > page_bytes() { bytes.checked_add(align)? } else { bytes };
    // SAFETY: a fresh anonymous mapping aliases nothing.
    let base = unsafe {
        libc::mmap(
            null_mut(),
            padded,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if base == libc::MAP_FAILED {
        return None;
    }
    let base = base.cast::<u8>();
    let head = base.align_offset(align);
    let tail = padded - bytes - head;
    // SAFETY: head and tail lie inside the mapping just made and outside what is returned.
    unsafe {
        if head > 0 {
            unmap(base, head);
        }
        let start = base.add(head);
        if tail > 0 {
            unmap(start.add(bytes), tail);
        }
        Some(start)
    }
}

/// Gives a mapping back.
///
/// # Safety
/// The range came from [`map`] and nothing uses it any more.
pub unsafe fn unmap(base: *mut u8, bytes: usize) {
    // SAFETY: by contract.
    let status = unsafe { libc::munmap(base.cast(), bytes) };
    debug_assert_eq!(status, 0);
}

/// Gives the pages wholly inside the range back; the addresses stay reserved and read as zero or as before.
///
/// # Safety
/// The range lies in a mapping from [`map`] and its contents are dead.
pub unsafe fn decommit(base: *mut u8, bytes: usize) {
    let page = page_bytes();
    let start = (base as usize).next_multiple_of(page);
    let end = (base as usize + bytes) & !(page - 1);
    if end > start {
        // SAFETY: by contract; a failure leaves the pages as they were.
        unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_DONTNEED) };
    }
}

/// Makes the pages of a range present at once, which is cheaper than one page fault for each.
///
/// # Safety
/// The range came from [`map`].
pub unsafe fn populate(base: *mut u8, bytes: usize) {
    // SAFETY: by contract; after a refusal they come one by one.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::madvise(base.cast(), bytes, libc::MADV_POPULATE_WRITE);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (base, bytes);
}

/// Asks for huge pages, where the system has them: fewer misses of the translation buffer when a big heap is walked at
/// random.
///
/// # Safety
/// The range came from [`map`].
pub unsafe fn prefer_huge_pages(base: *mut u8, bytes: usize) {
    // SAFETY: by contract; a refusal changes nothing.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::madvise(base.cast(), bytes, libc::MADV_HUGEPAGE);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (base, bytes);
}

/// The page size.
pub fn page_bytes() -> usize {
    // SAFETY: sysconf has no preconditions.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    if bytes > 0 { bytes as usize } else { 4096 }
}

/// Memory this process may use: the machine's, or less if a control group says so.
pub fn physical_memory_bytes() -> usize {
    // SAFETY: sysconf has no preconditions.
    let pages = unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) };
    let machine = if pages > 0 { pages as usize * page_bytes() } else { 4 << 30 };
    let group =
        std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    machine.min(group.unwrap_or(usize::MAX))
}
