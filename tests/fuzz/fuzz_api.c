/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the interfaces, against a shadow model.
 *
 * An input is a sequence of operations on SLOTS places, each of which holds a
 * block of some kind or nothing.  The model knows where each block is, how
 * large, and what is in it.  After each allocation the new block overlaps no
 * other and is aligned as promised; before each resize and free the content
 * is as it was written; at the end everything is freed and the structures of
 * the engine, which is built at debug level 2, are walked.
 */
#include "fuzz.h"

#include <errno.h>
#include <malloc.h>

#include "arch.h"
#include "buddy.h"
#include "kmem_cache.h"
#include "mm_init.h"
#include "page_alloc.h"
#include "params.h"
#include "pcs.h"
#include "slab_bulk.h"
#include "slab_common.h"
#include "vmalloc.h"
#include "vmap_area.h"

#include <kmalloc.h>

const size_t fuzz_max_len = 600;
const unsigned int fuzz_runs = 2500;
const char *const fuzz_words[] = { NULL };

/* The C library's headers may be older than C23. */
extern void free_sized(void *p, size_t size);
extern void free_aligned_sized(void *p, size_t align, size_t size);

#define SLOTS 48
#define CACHES 4
#define BULK 16

enum kind { NONE, MALLOC, KMALLOC, VMALLOC, KV, CACHE, PAGES, EXACT };

static struct slot {
	enum kind kind;
	char *p;
	size_t size; /* asked for */
	size_t align;
	unsigned int order, cache;
	uint64_t tag;
} slots[SLOTS];

static struct kmem_cache *caches[CACHES];
static size_t cache_size[CACHES];
static uint64_t tags;

/* ---- the input ---- */

static const uint8_t *in;
static size_t in_len;

static unsigned int byte(void)
{
	if (!in_len)
		return 0;
	in_len--;
	return *in++;
}

/* Every magnitude up to 4 MiB, small ones more often. */
static size_t any_size(void)
{
	unsigned int how = byte(), n = byte() << 8 | byte();

	if (how < 160)
		return n % 2000;
	if (how < 220)
		return n;
	return (size_t)n << (how % 7);
}

/* ---- content: of large blocks, both ends ---- */

#define EDGE ((size_t)4096)

static uint8_t content(uint64_t tag, size_t i)
{
	return (uint8_t)((tag * 0x9e3779b97f4a7c15ULL >> 32) + i * 7 + i / 256);
}

static void fill_range(struct slot *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		s->p[i] = (char)content(s->tag, i);
}

static void check_range(const struct slot *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		fuzz_must((uint8_t)s->p[i] == content(s->tag, i));
}

static void fill(struct slot *s)
{
	s->tag = ++tags;
	fill_range(s, 0, min(s->size, EDGE));
	fill_range(s, max(s->size, EDGE) - min(s->size, EDGE), s->size);
}

/* The first bytes, of what may have been cut; all edges otherwise. */
static void check_content(const struct slot *s, size_t upto)
{
	check_range(s, 0, min(upto, EDGE));
	if (upto == s->size)
		check_range(s, max(s->size, EDGE) - min(s->size, EDGE),
			    s->size);
}

static void check_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < min(n, EDGE); i++)
		fuzz_must(!p[i] && !p[n - 1 - i]);
}

/* ---- slots ---- */

static void check_apart(const struct slot *s)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		const struct slot *o = &slots[i];

		if (o == s || o->kind == NONE)
			continue;
		fuzz_must(s->p + max(s->size, (size_t)1) <= o->p ||
			  o->p + max(o->size, (size_t)1) <= s->p);
	}
}

/* Failure is always allowed: system calls may have been made to fail. */
static void adopt(struct slot *s, enum kind kind, void *p, size_t size,
		  size_t align)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	fuzz_must(!((uintptr_t)p & (align - 1)));
	*s = (struct slot){
		.kind = kind, .p = p, .size = size, .align = align
	};
	check_apart(s);
	fill(s);
}

static size_t usable(const struct slot *s)
{
	switch (s->kind) {
	case MALLOC:
		return malloc_usable_size(s->p);
	case KMALLOC:
	case CACHE:
		return ksize(s->p);
	default:
		return s->size;
	}
}

static void release(struct slot *s)
{
	if (s->kind == NONE)
		return;
	check_content(s, s->size);
	fuzz_must(usable(s) >= s->size);
	switch (s->kind) {
	case MALLOC:
		if (s->size & 1 && s->align > 16)
			free_aligned_sized(s->p, s->align, s->size);
		else if (s->size & 1)
			free_sized(s->p, s->size);
		else
			free(s->p);
		break;
	case KMALLOC:
		kfree(s->p);
		break;
	case VMALLOC:
		vfree(s->p);
		break;
	case KV:
		kvfree(s->p);
		break;
	case CACHE:
		kmem_cache_free(caches[s->cache], s->p);
		break;
	case PAGES:
		free_pages((unsigned long)s->p, s->order);
		break;
	case EXACT:
		free_pages_exact(s->p, s->size);
		break;
	case NONE:
		break;
	}
	s->kind = NONE;
}

/* ---- failing system calls ---- */

static const char *const calls[] = { "mprotect", "madvise", "mremap",
				     "process_madvise", "membarrier" };
static unsigned long faults;

/* The count starts anew with each setting. */
static void fail_call(unsigned int call, unsigned int every)
{
	const char *name = calls[call % ARRAY_SIZE(calls)];

	faults += arch_fail_count;
	arch_fail_set(name, (unsigned int)strlen(name), every);
	arch_fail_count = 0;
}

unsigned long fuzz_faults(void)
{
	return faults + arch_fail_count;
}

/* ---- operations ---- */

static void op_malloc(struct slot *s)
{
	size_t size = any_size();

	adopt(s, MALLOC, malloc(size), size, 16);
}

static void op_calloc(struct slot *s)
{
	size_t size = any_size();
	char *p = calloc(size, 1);

	if (p)
		check_zero(p, size);
	adopt(s, MALLOC, p, size, 16);
}

static void op_memalign(struct slot *s)
{
	size_t align = (size_t)16 << byte() % 13, size = any_size();
	void *p = NULL;

	if (!posix_memalign(&p, align, size))
		adopt(s, MALLOC, p, size, align);
}

static void op_kmalloc(struct slot *s)
{
	size_t size = any_size();
	bool zero = byte() & 1;
	char *p = kmalloc(size, GFP_KERNEL | (zero ? __GFP_ZERO : 0));

	if (!ZERO_OR_NULL_PTR(p) && zero)
		check_zero(p, ksize(p));
	/* A power of two is aligned to itself. */
	adopt(s, KMALLOC, p, size,
	      size && !(size & (size - 1)) ? clamp(size, 16UL, 4096UL) : 16);
}

static void op_vmalloc(struct slot *s)
{
	size_t size = any_size();
	bool zero = byte() & 1;
	char *p = zero ? vzalloc(size) : vmalloc(size);

	if (p && zero)
		check_zero(p, size);
	adopt(s, VMALLOC, p, size, 4096);
}

static void op_kvmalloc(struct slot *s)
{
	size_t size = any_size();

	adopt(s, KV, kvmalloc(size, GFP_KERNEL), size, 8);
}

static void op_pages(struct slot *s)
{
	unsigned int order = byte() % 6;
	bool zero = byte() & 1;
	struct page *page =
		alloc_pages(GFP_KERNEL | (zero ? __GFP_ZERO : 0), order);
	size_t size = (size_t)4096 << order;
	char *p = page ? page_address(page) : NULL;

	if (p && zero)
		check_zero(p, size);
	adopt(s, PAGES, p, size, size);
	s->order = order;
}

static void op_exact(struct slot *s)
{
	size_t size = any_size();

	adopt(s, EXACT, alloc_pages_exact(size, GFP_KERNEL), size, 4096);
}

static void op_cache_alloc(struct slot *s)
{
	unsigned int c = byte() % CACHES;

	if (!caches[c])
		return;
	adopt(s, CACHE, kmem_cache_alloc(caches[c], GFP_KERNEL), cache_size[c],
	      8);
	s->cache = c;
}

/* A cache of another size, once the one before has no objects. */
static void op_cache_create(void)
{
	unsigned int c = byte() % CACHES;
	size_t size = 8 + any_size() % 6000;

	for (unsigned int i = 0; i < SLOTS; i++) {
		if (slots[i].kind == CACHE && slots[i].cache == c)
			release(&slots[i]);
	}
	kmem_cache_destroy(caches[c]);
	cache_size[c] = size;
	caches[c] = kmem_cache_create("fuzz", (unsigned int)size, 0,
				      byte() & 1 ? SLAB_NO_MERGE : 0, NULL);
}

static void op_bulk(void)
{
	unsigned int c = byte() % CACHES, n = 1 + byte() % BULK;
	void *objs[BULK];

	if (!caches[c] ||
	    !kmem_cache_alloc_bulk(caches[c], GFP_KERNEL, n, objs))
		return;
	for (unsigned int i = 0; i < n; i++) {
		struct slot s = { .kind = CACHE,
				  .p = objs[i],
				  .size = cache_size[c] };

		check_apart(&s);
		memset(objs[i], 0x77, cache_size[c]);
	}
	kmem_cache_free_bulk(caches[c], n, objs);
}

static void *resize(const struct slot *s, size_t size)
{
	switch (s->kind) {
	case MALLOC:
		return realloc(s->p, size);
	case KMALLOC:
		return krealloc(s->p, size, GFP_KERNEL);
	case VMALLOC:
		return vrealloc(s->p, size, GFP_KERNEL);
	case KV:
		return kvrealloc(s->p, size, GFP_KERNEL);
	default:
		return NULL;
	}
}

static void op_resize(struct slot *s)
{
	size_t size = any_size() + 1, kept = min(size, s->size);
	void *p;

	if (s->kind == NONE || s->kind >= CACHE)
		return;
	check_content(s, s->size);
	p = resize(s, size);
	if (!p)
		return; /* then it is as it was */
	s->p = p;
	check_content(s, kept == s->size && kept > EDGE ? EDGE : kept);
	s->size = size;
	s->align = 16;
	check_apart(s);
	fill(s);
}

static void check_one(struct kmem_cache *s, void *arg)
{
	(void)arg;
	check_cache(s);
}

static void check_all(void)
{
	slab_for_each_cache(check_one, NULL);
	check_zone();
	check_vmap();
}

static void op_other(void)
{
	unsigned int what = byte();

	switch (what % 8) {
	case 0:
		mm_trim();
		break;
	case 1:
		slab_shrink_all();
		break;
	case 2:
		mm_trim_pages();
		break;
	case 3:
		check_all();
		break;
	case 4:
		page_drain_pcp();
		break;
	case 5:
		fail_call(what / 8, byte() % 8);
		break;
	case 6:
		fail_call(what / 8, 0);
		break;
	case 7:
		if (caches[what / 8 % CACHES])
			kmem_cache_shrink(caches[what / 8 % CACHES]);
		break;
	}
}

static void no_more_failures(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		fail_call(i, 0);
}

static void (*const makers[])(struct slot *) = {
	op_malloc,	op_calloc,   op_memalign,    op_kmalloc,
	op_vmalloc,	op_kvmalloc, op_pages,	     op_exact,
	op_cache_alloc, op_malloc,   op_cache_alloc,
};

static void one_op(void)
{
	unsigned int op = byte();
	struct slot *s = &slots[byte() % SLOTS];

	if (op < 100) {
		release(s);
		makers[op % ARRAY_SIZE(makers)](s);
	} else if (op < 160) {
		release(s);
	} else if (op < 220) {
		op_resize(s);
	} else if (op < 232) {
		op_bulk();
	} else if (op < 240) {
		op_cache_create();
	} else {
		op_other();
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in = data;
	in_len = size;
	while (in_len)
		one_op();
	no_more_failures();
	for (unsigned int i = 0; i < SLOTS; i++)
		release(&slots[i]);
	for (unsigned int c = 0; c < CACHES; c++) {
		kmem_cache_destroy(caches[c]);
		caches[c] = NULL;
	}
	check_all();
	return 0;
}
