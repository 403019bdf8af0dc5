/* SPDX-License-Identifier: MIT */
/*
 * shim: libraries that are opened with RTLD_DEEPBIND.
 *
 * Such a library looks its symbols up in itself and its dependencies first
 * and so finds libc's malloc and free instead of ours.  A block of libc's
 * that it hands out is recognised (foreign.c); but our blocks, handed to
 * libc's free, would kill the program.  So dlopen is intercepted, and once
 * a library was opened that way, the references to the malloc family in
 * all objects that now point to libc's functions are turned to ours.  All
 * its other symbols stay bound as it asked.
 *
 * dlopen searches relative to its caller, whose return address must be
 * what libc sees: the ordinary case is therefore a jump, not a call.  With
 * RTLD_DEEPBIND there is work to do afterwards, so a bare name that is not
 * found from here is tried once more by a jump, without the flag.
 *
 * An object that brings a malloc of its own keeps it: only slots that hold
 * libc's functions are written.  Locks: none; the
 * words that are written are written by the dynamic linker as well.
 */
#include "shim.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>

#include "arch.h"
#include "glibc.h"

#if defined(__x86_64__)
#define RELOC_TYPE(info) ELF64_R_TYPE(info)
#define RELOC_JUMP_SLOT R_X86_64_JUMP_SLOT
#define RELOC_GLOB_DAT R_X86_64_GLOB_DAT
#define RELOC_ABS R_X86_64_64
#elif defined(__aarch64__)
#define RELOC_TYPE(info) ELF64_R_TYPE(info)
#define RELOC_JUMP_SLOT R_AARCH64_JUMP_SLOT
#define RELOC_GLOB_DAT R_AARCH64_GLOB_DAT
#define RELOC_ABS R_AARCH64_ABS64
#endif

static const struct {
	const char *name;
	void *ours;
} family[] = {
#define OURS(f)                                      \
	{                                            \
		.name = #f, .ours = (void *)shim_##f \
	}
	OURS(malloc),
	OURS(calloc),
	OURS(realloc),
	OURS(free),
	OURS(memalign),
	OURS(reallocarray),
	OURS(posix_memalign),
	OURS(aligned_alloc),
	{ .name = "malloc_usable_size", .ours = (void *)shim_usable_size },
};

static void *libcs_family[ARRAY_SIZE(family)]; /* the same every time */

static void find_libcs(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(family); i++)
		libcs_family[i] = dlsym(RTLD_NEXT, family[i].name);
}

static void *our_function(void *libcs)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(family); i++) {
		if (libcs && libcs_family[i] == libcs)
			return family[i].ours;
	}
	return NULL;
}

/* What of an object's dynamic section is needed here. */
struct object {
	ElfW(Addr) base;
	const ElfW(Rela) * tables[2];
	size_t counts[2];
};

static void read_dynamic(struct object *o, const ElfW(Dyn) * d)
{
	for (; d->d_tag != DT_NULL; d++) {
		void *p = (void *)d->d_un.d_ptr;

		switch (d->d_tag) {
		case DT_JMPREL:
			o->tables[0] = p;
			break;
		case DT_PLTRELSZ:
			o->counts[0] = d->d_un.d_val / sizeof(ElfW(Rela));
			break;
		case DT_RELA:
			o->tables[1] = p;
			break;
		case DT_RELASZ:
			o->counts[1] = d->d_un.d_val / sizeof(ElfW(Rela));
			break;
		}
	}
}

/* Slots may be in a part that is read-only by now. */
static void write_slot(void **slot, void *to)
{
	uintptr_t page = ALIGN_DOWN((uintptr_t)slot, arch_page_size);

	if (arch_mprotect((void *)page, arch_page_size, PROT_READ | PROT_WRITE))
		return;
	WRITE_ONCE(*slot, to);
}

static void redirect_slot(const struct object *o, const ElfW(Rela) * r)
{
	unsigned long type = RELOC_TYPE(r->r_info);
	void **slot = (void **)(o->base + r->r_offset);
	void *ours;

	if (type != RELOC_JUMP_SLOT && type != RELOC_GLOB_DAT &&
	    type != RELOC_ABS)
		return;
	ours = our_function(*slot);
	if (ours)
		write_slot(slot, ours);
}

static int redirect_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct object o = { .base = info->dlpi_addr };
	const void *self = arg;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		ElfW(Addr) start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_LOAD &&
		    (ElfW(Addr))self - start < ph->p_memsz)
			return 0;
		if (ph->p_type == PT_DYNAMIC)
			read_dynamic(&o, (const void *)start);
	}
	for (int t = 0; t < 2; t++) {
		/* An address below the base: the vdso, not relocated. */
		if ((ElfW(Addr))o.tables[t] <= o.base)
			continue;
		for (size_t i = 0; i < o.counts[t]; i++)
			redirect_slot(&o, &o.tables[t][i]);
	}
	return 0;
}

static void *(*next_dlopen(void))(const char *, int)
{
	static void *(*next)(const char *, int);
	void *(*f)(const char *, int) = READ_ONCE(next);

	if (unlikely(!f)) {
		f = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
		WRITE_ONCE(next, f);
	}
	return f;
}

__export void *dlopen(const char *file, int mode)
{
	void *(*next)(const char *, int) = next_dlopen();
	void *handle;

	if (likely(!(mode & RTLD_DEEPBIND)))
		return next(file, mode);
	/* Now, not lazily: what is bound later is not found below. */
	handle = next(file, (mode & ~RTLD_LAZY) | RTLD_NOW);
	if (!handle)
		return next(file, mode & ~RTLD_DEEPBIND);
	find_libcs();
	dl_iterate_phdr(redirect_object, (void *)family);
	return handle;
}
