/* SPDX-License-Identifier: MIT */
/*
 * rodata: the read-only segments of the program file.
 *
 *   AT_PHDR -> program headers -> PT_LOAD without PF_W -> ranges
 *
 * What lies there neither changes nor goes away while the process lives.  A
 * shared library's may: dlclose takes it, so a library's constants are none,
 * as a module's are none in the kernel.  Data that is made read-only after
 * relocation is in a writable segment and is none either.
 *
 * The headers come from the auxiliary vector, which needs no lock of the
 * dynamic linker; they are believed if the file's own header is where they
 * say it is.  The ranges are the same whoever finds them, so that two
 * threads may both look for them.
 *
 * Invariants: nr_ranges is stored last.
 *
 * Locks: none.  Cost: a comparison or two for each segment.
 */
#include "rodata.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include "atomic.h"
#include "kernel.h"

#define MAX_RANGES 8
#define NOT_LOOKED (-1)

static struct {
	uintptr_t start, len;
} range[MAX_RANGES];
static int nr_ranges = NOT_LOOKED; /* release, acquire */

/* The headers follow the file's header, in the page that begins with it. */
static const ElfW(Ehdr) * file_header(uintptr_t headers)
{
	const ElfW(Ehdr) *file = (void *)ALIGN_DOWN(headers, PAGE_SIZE);

	if (!headers || __builtin_memcmp(file->e_ident, ELFMAG, SELFMAG) ||
	    (uintptr_t)file + file->e_phoff != headers)
		return NULL;
	return file;
}

static int find_ranges(const ElfW(Phdr) * ph, size_t nr, uintptr_t file)
{
	uintptr_t bias = 0;
	bool based = false;
	int found = 0;

	for (size_t i = 0; i < nr && found < MAX_RANGES; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		if (!ph[i].p_offset) {
			bias = file - ph[i].p_vaddr;
			based = true;
		}
		if (!based || ph[i].p_flags & PF_W)
			continue;
		WRITE_ONCE(range[found].start, bias + ph[i].p_vaddr);
		WRITE_ONCE(range[found].len, ph[i].p_filesz);
		found++;
	}
	return found;
}

static int __cold look(void)
{
	uintptr_t headers = getauxval(AT_PHDR);
	const ElfW(Ehdr) *file = file_header(headers);
	int found = 0;

	if (file)
		found = find_ranges((void *)headers, getauxval(AT_PHNUM),
				    (uintptr_t)file);
	/* pairs with the acquire in rodata_has */
	smp_store_release(&nr_ranges, found);
	return found;
}

bool rodata_has(const void *p)
{
	int nr = smp_load_acquire(&nr_ranges);

	if (unlikely(nr == NOT_LOOKED))
		nr = look();
	for (int i = 0; i < nr; i++) {
		if ((uintptr_t)p - READ_ONCE(range[i].start) <
		    READ_ONCE(range[i].len))
			return true;
	}
	return false;
}
