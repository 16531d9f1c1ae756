//! The old generation: blocks of one size class with side mark bits, and large objects apart.
//!
//! Every block and every large object starts at a multiple of [`BLOCK_BYTES`] with a [`Block`] header, so that the mark
//! bit of any old cell is found by masking its address. Between collections a set mark bit at the start of a cell means
//! "allocated": marking leaves it on live cells, and allocation sets it when it has used up a run of free cells.

use crate::cell::Header;
use crate::sys;
use std::collections::HashSet;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

pub const BLOCK_BYTES: usize = 256 << 10;
/// Bigger cells are large objects.
pub const MAX_BLOCK_CELL_BYTES: usize = 32 << 10;
/// The granularity of the write barrier in large objects.
pub const CARD_BYTES: usize = 128;

/// One mark bit for 16 bytes: cells are at least that long, so no two share a bit.
const MARK_GRANULE_BYTES: usize = 16;
const MARK_WORDS: usize = BLOCK_BYTES / MARK_GRANULE_BYTES / 64;
const ARENA_BYTES: usize = 16 << 20;
/// A heap that needs more arenas than this is big enough for huge pages, and so is a large object of so many bytes.
const SMALL_ARENAS: usize = 3;
const HUGE_PAGE_BYTES: usize = 2 << 20;
const HUGE_OBJECT_BYTES: usize = 4 << 20;
const POPULATING_STACK_BYTES: usize = 64 << 10;
/// With so many blocks a heap is big enough for pages to be populated that may not be needed.
const MANY_BLOCKS: usize = 128;
/// Memory of empty blocks that is kept committed.
const WARM_BYTES: usize = 16 << 20;
/// Mappings of dead large objects kept committed: in all, and the biggest.
const WARM_MAPPING_BYTES: usize = 16 << 20;
const MAX_WARM_MAPPING_BYTES: usize = 4 << 20;
const CLASS_COUNT: usize = 79;
/// What dead memory is filled with under `gc_stress`; not the index of any kind.
pub const POISON: u8 = 0xDB;

/// Cell sizes: every 8 bytes to 128, every 16 to 256, then eight a doubling.
const CLASS_BYTES: [u32; CLASS_COUNT] = {
    let mut sizes = [0; CLASS_COUNT];
    let mut size: usize = 16;
    let mut index = 0;
    while index < CLASS_COUNT {
        sizes[index] = size as u32;
        size += if size < 128 {
            8
        } else if size < 256 {
            16
        } else {
            let power = usize::BITS - 1 - size.leading_zeros();
            (1 << power) / 8
        };
        index += 1;
    }
    assert!(sizes[CLASS_COUNT - 1] == MAX_BLOCK_CELL_BYTES as u32);
    sizes
};

/// Size in words to class.
static CLASS_OF_WORDS: [u8; MAX_BLOCK_CELL_BYTES / 8 + 1] = {
    let mut classes = [0; MAX_BLOCK_CELL_BYTES / 8 + 1];
    let mut class = 0;
    let mut words = 0;
    while words < classes.len() {
        if words * 8 > CLASS_BYTES[class] as usize {
            class += 1;
        }
        classes[words] = class as u8;
        words += 1;
    }
    classes
};

/// The header of a block or of a large object. Cells start with a cache line, so that those of its size lie in one.
#[repr(C, align(64))]
pub struct Block {
    marks: [u64; MARK_WORDS],
    /// Size of the cells; 0 for a large object.
    cell_bytes: u32,
    cell_count: u32,
    class: u8,
    /// Large: the object is in the heap's list of objects with dirty cards.
    pub carded: bool,
    /// Large: size of the cell.
    large_bytes: usize,
    /// Large: size of its own mapping; 0 if it lies in a pooled block.
    mapping_bytes: usize,
    /// Large: made by the first barrier.
    cards: Option<Box<Cards>>,
    /// How much of the block's memory has been used since it was committed, at most.
    touched_bytes: usize,
}

/// Which parts of a large object may refer to young cells.
struct Cards {
    is_dirty: Box<[bool]>,
    /// The indices of the dirty ones, in no order.
    dirty: Vec<u32>,
}

const FIRST_CELL_OFFSET: usize = size_of::<Block>();
const _: () = assert!(FIRST_CELL_OFFSET.is_multiple_of(MARK_GRANULE_BYTES) && BLOCK_BYTES.is_power_of_two());

impl Block {
    #[inline(always)]
    pub fn of(cell: *const Header) -> *mut Block {
        (cell as usize & !(BLOCK_BYTES - 1)) as *mut Block
    }

    /// Where the description of a cell's block is, for a prefetch.
    #[inline(always)]
    pub fn header(cell: *const Header) -> *const u8 {
        Block::of(cell).cast::<u8>().wrapping_add(std::mem::offset_of!(Block, cell_bytes))
    }

    /// # Safety
    /// `block` is a valid block.
    #[inline(always)]
    pub unsafe fn is_large(block: *const Block) -> bool {
        // SAFETY: by contract.
        unsafe { (*block).cell_bytes == 0 }
    }

    /// The one cell of a large object.
    pub fn large_cell(block: *mut Block) -> *mut Header {
        (block as usize + FIRST_CELL_OFFSET) as *mut Header
    }

    /// # Safety
    /// `block` is a large object.
    pub unsafe fn large_bytes(block: *const Block) -> usize {
        // SAFETY: by contract.
        unsafe { (*block).large_bytes }
    }

    /// # Safety
    /// `block` is a large object; nothing else refers to its cards.
    unsafe fn cards<'a>(block: *mut Block) -> &'a mut Cards {
        // SAFETY: by contract; the header is initialised.
        unsafe {
            let count = (*block).large_bytes.div_ceil(CARD_BYTES);
            let fresh = || Box::new(Cards { is_dirty: vec![false; count].into(), dirty: Vec::new() });
            (*block).cards.get_or_insert_with(fresh)
        }
    }

    /// # Safety
    /// `block` is a large object with so many cards.
    pub unsafe fn dirty_card(block: *mut Block, card: usize) {
        // SAFETY: by contract.
        let cards = unsafe { Block::cards(block) };
        if !std::mem::replace(&mut cards.is_dirty[card], true) {
            cards.dirty.push(card as u32);
        }
    }

    /// # Safety
    /// `block` is a large object and `slot` lies in its cell.
    pub unsafe fn dirty_card_of<T>(block: *mut Block, slot: *const T) {
        // SAFETY: by contract.
        unsafe { Block::dirty_card(block, (slot as usize - Block::large_cell(block) as usize) / CARD_BYTES) }
    }

    /// # Safety
    /// `block` is a large object.
    pub unsafe fn dirty_all_cards(block: *mut Block) {
        // SAFETY: by contract.
        let cards = unsafe { Block::cards(block) };
        cards.is_dirty.fill(true);
        cards.dirty.clear();
        cards.dirty.extend(0..cards.is_dirty.len() as u32);
    }

    /// Cleans all cards and returns those that were dirty, ascending.
    ///
    /// # Safety
    /// `block` is a large object.
    pub unsafe fn take_dirty_cards(block: *mut Block) -> Vec<u32> {
        // SAFETY: by contract.
        let cards = unsafe { Block::cards(block) };
        let mut dirty = std::mem::take(&mut cards.dirty);
        for &card in &dirty {
            cards.is_dirty[card as usize] = false;
        }
        dirty.sort_unstable();
        dirty
    }

    /// # Safety
    /// `block` is an initialised block.
    #[inline(always)]
    unsafe fn is_cell_marked(block: *const Block, index: usize) -> bool {
        // SAFETY: by contract.
        unsafe {
            let granule = (FIRST_CELL_OFFSET + index * (*block).cell_bytes as usize) / MARK_GRANULE_BYTES;
            (*block).marks[granule / 64] >> (granule % 64) & 1 != 0
        }
    }

    /// Index of the first marked cell from `index` on, or the number of cells.
    ///
    /// # Safety
    /// `block` is an initialised block of cells.
    unsafe fn next_marked_cell(block: *const Block, index: usize) -> usize {
        // SAFETY: by contract.
        unsafe {
            let (cell_bytes, count) = ((*block).cell_bytes as usize, (*block).cell_count as usize);
            let granule = (FIRST_CELL_OFFSET + index * cell_bytes) / MARK_GRANULE_BYTES;
            let mut word = granule / 64;
            let mut marks = (*block).marks.get(word).map_or(0, |marks| marks & (!0 << (granule % 64)));
            while marks == 0 {
                word += 1;
                match (*block).marks.get(word) {
                    Some(&next) => marks = next,
                    None => return count,
                }
            }
            let granule = word * 64 + marks.trailing_zeros() as usize;
            // The cell starts in this granule, not necessarily with it.
            (granule * MARK_GRANULE_BYTES).saturating_sub(FIRST_CELL_OFFSET).div_ceil(cell_bytes).min(count)
        }
    }

    /// # Safety
    /// `block` is an initialised block with at least `index` cells.
    #[inline(always)]
    unsafe fn cell(block: *mut Block, index: usize) -> *mut Header {
        // SAFETY: by contract.
        (block as usize + FIRST_CELL_OFFSET + index * unsafe { (*block).cell_bytes } as usize) as *mut Header
    }
}

/// A run of free cells of one size, for machine code.
#[repr(C)]
#[derive(Copy, Clone, Debug)]
pub struct Run {
    /// The next free cell.
    pub top: usize,
    /// The end: with no cell left, the next allocation takes the slow path.
    pub limit: usize,
    /// Size of a cell.
    pub cell_bytes: usize,
}

/// Allocation state of one size class.
struct Class {
    /// The current run.
    run: Run,
    /// Where the cells without allocation marks begin in the current run.
    unmarked: usize,
    /// The block of the current run, or null.
    block: *mut Block,
    /// Index of the first cell after the current run.
    next_cell: usize,
    /// Blocks with free cells.
    available: Vec<*mut Block>,
}

/// What a sweep should do with the memory of dead cells.
#[derive(Copy, Clone, PartialEq, Eq)]
pub enum DeadCells {
    Leave,
    Poison,
}

/// The old generation.
pub struct OldSpace {
    classes: Box<[Class]>,
    blocks: Vec<*mut Block>,
    large: Vec<*mut Block>,
    /// Addresses of all blocks and large objects.
    bases: HashSet<usize>,
    arenas: Vec<*mut u8>,
    /// Part of the newest arena that was never used.
    arena_top: usize,
    arena_limit: usize,
    /// Empty blocks, and how much of each is committed.
    warm_blocks: Vec<(*mut u8, usize)>,
    warm_bytes: usize,
    cold_blocks: Vec<*mut u8>,
    /// Mappings of dead large objects, with their sizes.
    warm_mappings: Vec<(*mut u8, usize)>,
    warm_mapping_bytes: usize,
    /// Bytes of live cells after the last sweep, plus runs taken and large objects made since.
    taken_bytes: usize,
    large_committed_bytes: usize,
    /// Threads that populate arenas.
    populating: Vec<JoinHandle<()>>,
    pub on_out_of_memory: fn() -> !,
}

impl OldSpace {
    pub fn new(on_out_of_memory: fn() -> !) -> OldSpace {
        let class = |&bytes: &u32| Class {
            run: Run { top: 0, limit: 0, cell_bytes: bytes as usize },
            unmarked: 0,
            block: null_mut(),
            next_cell: 0,
            available: Vec::new(),
        };
        OldSpace {
            classes: CLASS_BYTES.iter().map(class).collect(),
            blocks: Vec::new(),
            large: Vec::new(),
            bases: HashSet::new(),
            arenas: Vec::new(),
            arena_top: 0,
            arena_limit: 0,
            warm_blocks: Vec::new(),
            warm_bytes: 0,
            cold_blocks: Vec::new(),
            warm_mappings: Vec::new(),
            warm_mapping_bytes: 0,
            taken_bytes: 0,
            large_committed_bytes: 0,
            populating: Vec::new(),
            on_out_of_memory,
        }
    }

    /// The run that cells of `bytes` (a multiple of 8) are taken from, if they lie in blocks. Its address does not change.
    pub fn run(&self, bytes: usize) -> Option<&Run> {
        let class = *CLASS_OF_WORDS.get(bytes / 8)?;
        Some(&self.classes[class as usize].run)
    }

    /// Uninitialised room for a cell of `bytes` (a multiple of 8). Never collects.
    #[inline(always)]
    pub fn alloc(&mut self, bytes: usize) -> *mut u8 {
        if bytes > MAX_BLOCK_CELL_BYTES {
            return self.alloc_large(bytes);
        }
        let index = CLASS_OF_WORDS[bytes / 8] as usize;
        let class = &mut self.classes[index];
        let cell = class.run.top;
        if cell == class.run.limit {
            return self.alloc_in_next_run(index);
        }
        class.run.top = cell + class.run.cell_bytes;
        cell as *mut u8
    }

    /// [`OldSpace::alloc`] if there is room in the current run.
    #[inline(always)]
    pub fn alloc_in_run(&mut self, bytes: usize) -> Option<*mut u8> {
        let class = *CLASS_OF_WORDS.get(bytes / 8)?;
        let run = &mut self.classes[class as usize].run;
        let cell = run.top;
        if cell == run.limit {
            return None;
        }
        run.top = cell + run.cell_bytes;
        Some(cell as *mut u8)
    }

    #[cold]
    #[inline(never)]
    fn alloc_in_next_run(&mut self, index: usize) -> *mut u8 {
        self.mark_allocated(index);
        loop {
            let class = &mut self.classes[index];
            if class.block.is_null() {
                let block = class.available.pop().unwrap_or_else(|| self.new_block(index));
                (self.classes[index].block, self.classes[index].next_cell) = (block, 0);
                continue;
            }
            // SAFETY: the class's block is valid.
            unsafe {
                let block = class.block;
                let count = (*block).cell_count as usize;
                let mut start = class.next_cell;
                while start < count && Block::is_cell_marked(block, start) {
                    start += 1;
                }
                let end = Block::next_marked_cell(block, start);
                class.next_cell = end;
                if start == count {
                    class.block = null_mut();
                    continue;
                }
                let cell = Block::cell(block, start) as usize;
                class.unmarked = cell;
                class.run.top = cell + class.run.cell_bytes;
                class.run.limit = Block::cell(block, end) as usize;
                self.taken_bytes += class.run.limit - cell;
                return cell as *mut u8;
            }
        }
    }

    /// Sets the marks of the cells allocated in the current run, and those between them, which do not matter.
    fn mark_allocated(&mut self, index: usize) {
        let class = &mut self.classes[index];
        if class.unmarked == class.run.top {
            return;
        }
        let granule = |cell: usize| (cell & (BLOCK_BYTES - 1)) / MARK_GRANULE_BYTES;
        let (first, last) = (granule(class.unmarked), granule(class.run.top - class.run.cell_bytes));
        class.unmarked = class.run.top;
        // SAFETY: these cells lie in the class's block.
        let marks = unsafe { &mut (*class.block).marks };
        let (from, to) = (!0 << (first % 64), !0 >> (63 - last % 64));
        if first / 64 == last / 64 {
            marks[first / 64] |= from & to;
        } else {
            marks[first / 64] |= from;
            marks[first / 64 + 1..last / 64].fill(!0);
            marks[last / 64] |= to;
        }
    }

    #[inline(never)]
    fn alloc_large(&mut self, bytes: usize) -> *mut u8 {
        let Some(total) = bytes.checked_add(FIRST_CELL_OFFSET + sys::page_bytes()) else {
            (self.on_out_of_memory)();
        };
        let total = total & !(sys::page_bytes() - 1);
        let ((base, touched_bytes), mapping_bytes) = if total <= BLOCK_BYTES {
            (self.raw_block(), 0)
        } else {
            let (base, bytes) = self.large_mapping(total);
            ((base, bytes), bytes)
        };
        self.taken_bytes += total;
        self.large_committed_bytes += total;
        self.bases.insert(base as usize);
        let block = base.cast::<Block>();
        self.large.push(block);
        let cell = Block::large_cell(block);
        // SAFETY: the memory is fresh, aligned, and longer than the header and the cell.
        unsafe {
            OldSpace::init_block(block, 0, 1, 0);
            (*block).touched_bytes = touched_bytes.max(total);
            (*block).large_bytes = bytes;
            (*block).mapping_bytes = mapping_bytes;
            OldSpace::mark(cell);
        }
        cell.cast()
    }

    /// A mapping for a large object, and its size.
    fn large_mapping(&mut self, bytes: usize) -> (*mut u8, usize) {
        let fits = |&(_, size): &(*mut u8, usize)| size >= bytes && size / 2 <= bytes;
        if let Some(index) = self.warm_mappings.iter().rposition(fits) {
            let warm = self.warm_mappings.swap_remove(index);
            self.warm_mapping_bytes -= warm.1;
            return warm;
        }
        let is_huge = bytes >= HUGE_OBJECT_BYTES;
        let align = if is_huge { HUGE_PAGE_BYTES } else { BLOCK_BYTES };
        let base = sys::map(bytes, align).unwrap_or_else(|| (self.on_out_of_memory)());
        if is_huge {
            // SAFETY: just mapped.
            unsafe { sys::prefer_huge_pages(base, bytes) };
        }
        (base, bytes)
    }

    /// # Safety
    /// The mapping is that of a large object which nothing uses any more.
    unsafe fn recycle_mapping(&mut self, base: *mut u8, bytes: usize) {
        if bytes <= MAX_WARM_MAPPING_BYTES && self.warm_mapping_bytes + bytes <= WARM_MAPPING_BYTES {
            self.warm_mapping_bytes += bytes;
            self.warm_mappings.push((base, bytes));
            return;
        }
        // SAFETY: by contract.
        unsafe { sys::unmap(base, bytes) };
    }

    /// # Safety
    /// `block` is unused memory of at least a header's size.
    unsafe fn init_block(block: *mut Block, cell_bytes: u32, cell_count: u32, class: u8) {
        // SAFETY: by contract.
        unsafe {
            block.write(Block {
                marks: [0; MARK_WORDS],
                cell_bytes,
                cell_count,
                class,
                carded: false,
                large_bytes: 0,
                mapping_bytes: 0,
                cards: None,
                touched_bytes: BLOCK_BYTES,
            })
        }
    }

    fn new_block(&mut self, index: usize) -> *mut Block {
        let (block, _) = self.raw_block();
        if self.blocks.len() >= MANY_BLOCKS {
            // SAFETY: a block lies in an arena.
            unsafe { sys::populate(block, BLOCK_BYTES) };
        }
        let block = block.cast::<Block>();
        let cell_bytes = CLASS_BYTES[index];
        let cell_count = (BLOCK_BYTES - FIRST_CELL_OFFSET) as u32 / cell_bytes;
        // SAFETY: a block from the pool is unused.
        unsafe { OldSpace::init_block(block, cell_bytes, cell_count, index as u8) };
        self.blocks.push(block);
        self.bases.insert(block as usize);
        block
    }

    /// Memory for a block, and how much of it is committed.
    fn raw_block(&mut self) -> (*mut u8, usize) {
        if let Some(warm) = self.warm_blocks.pop() {
            self.warm_bytes -= warm.1;
            return warm;
        }
        if let Some(block) = self.cold_blocks.pop() {
            return (block, 0);
        }
        if self.arena_top == self.arena_limit {
            let arena = sys::map(ARENA_BYTES, HUGE_PAGE_BYTES).unwrap_or_else(|| (self.on_out_of_memory)());
            if self.arenas.len() >= SMALL_ARENAS {
                self.populate_arena(arena as usize);
            }
            self.arenas.push(arena);
            self.arena_top = arena as usize;
            self.arena_limit = arena as usize + ARENA_BYTES;
        }
        let block = self.arena_top;
        self.arena_top += BLOCK_BYTES;
        (block as *mut u8, 0)
    }

    /// Gives an arena huge pages. It takes the system long to clear one: another thread lets it do so ahead of use.
    fn populate_arena(&mut self, arena: usize) {
        // SAFETY: just mapped.
        unsafe { sys::prefer_huge_pages(arena as *mut u8, ARENA_BYTES) };
        let populate = move || {
            for at in (arena + HUGE_PAGE_BYTES..arena + ARENA_BYTES).step_by(HUGE_PAGE_BYTES) {
                // SAFETY: arenas are mapped until the heap is dropped, which waits for this thread.
                unsafe { sys::populate(at as *mut u8, HUGE_PAGE_BYTES) };
            }
        };
        self.populating.retain(|thread| !thread.is_finished());
        // Without the thread, pages are cleared when they are used.
        self.populating.extend(thread::Builder::new().stack_size(POPULATING_STACK_BYTES).spawn(populate));
    }

    /// # Safety
    /// A valid block in an arena that nothing uses any more.
    unsafe fn recycle_block(&mut self, block: *mut Block) {
        // SAFETY: by contract.
        unsafe {
            let touched_bytes = (*block).touched_bytes;
            if self.warm_bytes + touched_bytes <= WARM_BYTES {
                self.warm_bytes += touched_bytes;
                self.warm_blocks.push((block.cast(), touched_bytes));
            } else {
                sys::decommit(block.cast(), BLOCK_BYTES);
                self.cold_blocks.push(block.cast());
            }
        }
    }

    /// Sets the mark of a cell; true if it was clear.
    ///
    /// # Safety
    /// `cell` is in the old space.
    #[inline(always)]
    pub unsafe fn mark(cell: *mut Header) -> bool {
        let granule = (cell as usize & (BLOCK_BYTES - 1)) / MARK_GRANULE_BYTES;
        let bit = 1 << (granule % 64);
        // SAFETY: by contract; the granule is below the number of marks.
        unsafe {
            let word = OldSpace::mark_word(cell);
            let marks = *word;
            *word = marks | bit;
            marks & bit == 0
        }
    }

    /// [`OldSpace::mark`] while other threads mark.
    ///
    /// # Safety
    /// `cell` is in the old space.
    #[inline(always)]
    pub unsafe fn mark_shared(cell: *mut Header) -> bool {
        let granule = (cell as usize & (BLOCK_BYTES - 1)) / MARK_GRANULE_BYTES;
        let bit = 1 << (granule % 64);
        // SAFETY: by contract; while threads mark, all of them come this way.
        unsafe {
            let word = AtomicU64::from_ptr(OldSpace::mark_word(cell));
            word.load(Relaxed) & bit == 0 && word.fetch_or(bit, Relaxed) & bit == 0
        }
    }

    /// The address of the word with the cell's mark.
    #[inline(always)]
    pub fn mark_word(cell: *mut Header) -> *mut u64 {
        let granule = (cell as usize & (BLOCK_BYTES - 1)) / MARK_GRANULE_BYTES;
        let marks = Block::of(cell).wrapping_byte_add(std::mem::offset_of!(Block, marks));
        marks.cast::<u64>().wrapping_add(granule / 64)
    }

    /// # Safety
    /// `cell` is in the old space.
    #[inline(always)]
    pub unsafe fn is_marked(cell: *const Header) -> bool {
        let granule = (cell as usize & (BLOCK_BYTES - 1)) / MARK_GRANULE_BYTES;
        // SAFETY: by contract; the granule is below the number of marks.
        let word = unsafe { AtomicU64::from_ptr(OldSpace::mark_word(cell.cast_mut())) };
        word.load(Relaxed) >> (granule % 64) & 1 != 0
    }

    /// Clears all marks.
    pub fn begin_marking(&mut self) {
        for &block in self.blocks.iter().chain(&self.large) {
            // SAFETY: listed blocks are valid.
            unsafe { (*block).marks = [0; MARK_WORDS] };
        }
        // The runs in use end here: their unused cells are found again after the sweep.
        for class in &mut self.classes {
            (class.run.top, class.run.limit, class.unmarked, class.block) = (0, 0, 0, null_mut());
            class.available.clear();
        }
    }

    /// Frees empty blocks and unmarked large objects, and finds the blocks with free cells. The free cells of a block are
    /// found when it is allocated from.
    pub fn sweep(&mut self, dead_cells: DeadCells) {
        let mut taken_bytes = 0;
        for block in std::mem::take(&mut self.blocks) {
            // SAFETY: listed blocks are valid.
            unsafe {
                let live_count: u32 = (*block).marks.iter().map(|word| word.count_ones()).sum();
                if live_count == 0 {
                    self.bases.remove(&(block as usize));
                    self.recycle_block(block);
                    if dead_cells == DeadCells::Poison {
                        block.cast::<u8>().write_bytes(POISON, BLOCK_BYTES);
                    }
                    continue;
                }
                taken_bytes += live_count as usize * (*block).cell_bytes as usize;
                if live_count < (*block).cell_count {
                    self.classes[(*block).class as usize].available.push(block);
                    if dead_cells == DeadCells::Poison {
                        for index in
                            (0..(*block).cell_count as usize).filter(|&i| !Block::is_cell_marked(block, i))
                        {
                            Block::cell(block, index)
                                .cast::<u8>()
                                .write_bytes(POISON, (*block).cell_bytes as usize);
                        }
                    }
                }
                self.blocks.push(block);
            }
        }
        for block in std::mem::take(&mut self.large) {
            // SAFETY: listed large objects are valid.
            unsafe {
                let total = Self::large_total_bytes(block);
                if OldSpace::is_marked(Block::large_cell(block)) {
                    taken_bytes += total;
                    self.large.push(block);
                } else {
                    self.large_committed_bytes -= total;
                    if dead_cells == DeadCells::Poison {
                        Block::large_cell(block).cast::<u8>().write_bytes(POISON, (*block).large_bytes);
                    }
                    self.free_large(block);
                }
            }
        }
        self.taken_bytes = taken_bytes;
    }

    /// # Safety
    /// `block` is a large object.
    unsafe fn large_total_bytes(block: *const Block) -> usize {
        // SAFETY: by contract.
        (unsafe { (*block).large_bytes } + FIRST_CELL_OFFSET + sys::page_bytes()) & !(sys::page_bytes() - 1)
    }

    /// # Safety
    /// `block` is a dead large object that is in no list.
    unsafe fn free_large(&mut self, block: *mut Block) {
        self.bases.remove(&(block as usize));
        // SAFETY: by contract.
        unsafe {
            (*block).cards = None;
            let mapping_bytes = (*block).mapping_bytes;
            if mapping_bytes == 0 {
                self.recycle_block(block);
            } else {
                self.recycle_mapping(block.cast(), mapping_bytes);
            }
        }
    }

    /// An upper bound of [`OldSpace::used_bytes`]: whole runs count from when they are taken.
    #[inline(always)]
    pub fn taken_bytes(&self) -> usize {
        self.taken_bytes
    }

    /// Bytes of cells allocated and not known to be dead.
    pub fn used_bytes(&self) -> usize {
        let unused: usize = self.classes.iter().map(|class| class.run.limit - class.run.top).sum();
        self.taken_bytes - unused
    }

    /// Bytes of address space in use or kept for use.
    pub fn total_bytes(&self) -> usize {
        self.blocks.len() * BLOCK_BYTES
            + self.warm_bytes
            + self.large_committed_bytes
            + self.warm_mapping_bytes
    }

    /// Calls `visit` with every allocated cell.
    pub fn for_each_cell(&mut self, mut visit: impl FnMut(*mut Header)) {
        for index in 0..self.classes.len() {
            self.mark_allocated(index);
        }
        for &block in &self.blocks {
            // SAFETY: listed blocks are valid.
            unsafe {
                for index in 0..(*block).cell_count as usize {
                    if Block::is_cell_marked(block, index) {
                        visit(Block::cell(block, index));
                    }
                }
            }
        }
        for &block in &self.large {
            visit(Block::large_cell(block));
        }
    }

    /// Could a cell start at this address?
    pub fn is_cell_address(&self, cell: *const Header) -> bool {
        let block = Block::of(cell);
        if !self.bases.contains(&(block as usize)) {
            return false;
        }
        let Some(offset) = (cell as usize - block as usize).checked_sub(FIRST_CELL_OFFSET) else {
            return false;
        };
        // SAFETY: a listed block is valid.
        unsafe {
            if Block::is_large(block) {
                offset == 0
            } else {
                offset.is_multiple_of((*block).cell_bytes as usize)
            }
        }
    }
}

impl Drop for OldSpace {
    fn drop(&mut self) {
        for block in std::mem::take(&mut self.large) {
            // SAFETY: listed large objects are valid, and nothing uses them after the heap.
            unsafe { self.free_large(block) };
        }
        for (base, bytes) in std::mem::take(&mut self.warm_mappings) {
            // SAFETY: as above.
            unsafe { sys::unmap(base, bytes) };
        }
        for thread in self.populating.drain(..) {
            // It does not panic.
            let _ = thread.join();
        }
        for &arena in &self.arenas {
            // SAFETY: as above.
            unsafe { sys::unmap(arena, ARENA_BYTES) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_classes_waste_little() {
        for words in 2..=MAX_BLOCK_CELL_BYTES / 8 {
            let bytes = words * 8;
            let class = CLASS_BYTES[CLASS_OF_WORDS[words] as usize] as usize;
            assert!(class >= bytes && class - bytes <= bytes / 7, "{bytes} bytes in a class of {class}");
        }
    }
}
