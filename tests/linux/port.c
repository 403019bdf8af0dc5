// SPDX-License-Identifier: MIT
/*
 * linux: what drivers and libraries of the kernel do with its allocators, one
 * function for each habit, by <linux/...> headers alone.
 */
#define pr_fmt(fmt) "port: " fmt

#include <linux/cleanup.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/kmemleak.h>
#include <linux/memcontrol.h>
#include <linux/mempool.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/overflow.h>
#include <linux/page_frag_cache.h>
#include <linux/percpu.h>
#include <linux/sched/mm.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define must(cond) BUG_ON(!(cond))

/* ---- memory that belongs to a device ---- */

struct device_memory {
	struct device_memory *next;
	size_t size;
	u8 data[];
};

struct owner {
	struct device_memory *first;
};

static void *owned_alloc(struct owner *owner, size_t size, gfp_t gfp)
{
	struct device_memory *m;
	size_t total;

	if (check_add_overflow(sizeof(*m), size, &total))
		return NULL;
	total = kmalloc_size_roundup(total);
	m = kmalloc_node_track_caller(total, gfp, numa_node_id());
	if (unlikely(!m))
		return NULL;
	memset(m, 0, offsetof(struct device_memory, data));
	m->size = size;
	m->next = owner->first;
	owner->first = m;
	return m->data;
}

static void owner_end(struct owner *owner)
{
	while (owner->first) {
		struct device_memory *m = owner->first;

		owner->first = m->next;
		kfree_sensitive(m);
	}
}

static void owned(void)
{
	struct owner owner = { NULL };
	u32 *p = owned_alloc(&owner, 100, GFP_KERNEL | __GFP_ZERO);

	must(p && !p[24]);
	must(!owned_alloc(&owner, SIZE_MAX, GFP_KERNEL));
	must(container_of((u8(*)[]) p, struct device_memory, data)->size == 100);
	kmemleak_not_leak(p);
	owner_end(&owner);
}

/* ---- scopes ---- */

struct conn {
	char *name;
	int nr;
};

static void conn_free(struct conn *c)
{
	kfree(c->name);
	kfree(c);
}

DEFINE_FREE(conn, struct conn *, if (!IS_ERR_OR_NULL(_T)) conn_free(_T))
DEFINE_CLASS(scratch, char *, kfree(_T), kmalloc(size, gfp), size_t size,
	     gfp_t gfp)

static struct conn *conn_new(const char *peer, int nr)
{
	struct conn *c __free(conn) = kzalloc(sizeof(*c), GFP_KERNEL);
	CLASS(scratch, text)(64, GFP_KERNEL);

	if (!c || !text)
		return ERR_PTR(-ENOMEM);
	snprintf(text, 64, "%s-%d", peer, nr);
	c->name = kstrdup(text, GFP_KERNEL);
	memzero_explicit(text, 64);
	if (!c->name)
		return ERR_PTR(-ENOMEM);
	if (nr < 0)
		return ERR_PTR(-EINVAL);
	return_ptr(c);
}

static void scopes(void)
{
	struct conn *c __free(conn) = conn_new("peer", 7);
	void *page __free(free_page) = (void *)get_zeroed_page(GFP_KERNEL);
	u64 *counts __free(free_percpu) = alloc_percpu(u64);

	must(!IS_ERR(c) && page && counts);
	must(!strcmp(c->name, "peer-7"));
	must(PTR_ERR(conn_new("peer", -1)) == -EINVAL);
}

/* ---- arrays that grow, and copies ---- */

static size_t many = SIZE_MAX / 2 + 1; /* no compiler is to see it */

static int grow(void)
{
	u32 *v __free(kvfree) = kvmalloc_array(100, sizeof(*v), GFP_KERNEL);
	u16 *w __free(kfree) = kmalloc_array(5, sizeof(*w), GFP_KERNEL);
	size_t most = READ_ONCE(many);
	void *more;

	if (!v || !w)
		return -ENOMEM;
	v[99] = 42;
	w[4] = 43;
	more = kvrealloc(v, array_size(1000000, sizeof(*v)), GFP_KERNEL);
	if (!more)
		return -ENOMEM;
	v = more;
	must(is_vmalloc_addr(v) && v[99] == 42);
	more = krealloc_array(w, 50, sizeof(*w), GFP_KERNEL);
	if (!more)
		return -ENOMEM;
	w = more;
	must(w[4] == 43);
	must(!krealloc_array(w, most, sizeof(*w), GFP_KERNEL) && w[4] == 43);
	return 0;
}

static void copies(void)
{
	const char text[8] = { 'n', 'o', ' ', 'e', 'n', 'd', '!', '!' };
	char *nul = kmemdup_nul(text, sizeof(text), GFP_KERNEL);
	u16 *array = kmemdup_array(text, 4, sizeof(u16), GFP_KERNEL);
	const char *constant = kstrdup_const("constant", GFP_KERNEL);
	char *user = memdup_user((const void __user *)text, sizeof(text));
	char *printed = kasprintf(GFP_KERNEL, "%s/%d", "a", 1);

	must(nul && !strcmp(nul, "no end!!") && array && constant && printed);
	must(!IS_ERR(user) && !memcmp(user, text, sizeof(text)));
	must(PTR_ERR(strndup_user("too long", 3)) == -EINVAL);
	must(ksize(nul) >= 9 && !strcmp(printed, "a/1"));
	kfree(nul);
	kfree(array);
	kfree_const(constant);
	kfree(user);
	kfree(printed);
}

struct message {
	u16 len;
	u32 word[];
};

static void flexible(void)
{
	struct message *m = kzalloc_flex(*m, word, 10);
	struct message *one = kmalloc_obj(*one);
	DEFINE_FLEX(struct message, small, word, len, 3);
	DEFINE_RAW_FLEX(struct message, raw, word, 2);

	must(m && !m->word[9] && one);
	must(small->len == 3 && !small->word[2] && !raw->len && !raw->word[1]);
	kfree(m);
	kfree(one);
}

/* ---- caches and pools ---- */

struct request {
	u64 sector;
	char tag[50];
};

static int pools(void)
{
	struct kmem_cache *cache = KMEM_CACHE(
		request, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT | SLAB_PANIC);
	mempool_t embedded, *pool = mempool_create_kmalloc_pool(2, 300);
	unsigned int noio;
	void *p[16];

	if (!pool || mempool_init_slab_pool(&embedded, 4, cache))
		return -ENOMEM;
	noio = memalloc_noio_save();
	might_alloc(GFP_NOIO);
	p[0] = mempool_alloc(pool, GFP_NOIO);
	p[1] = mempool_alloc(&embedded, GFP_NOIO);
	memalloc_noio_restore(noio);
	must(p[0] && p[1] && IS_ALIGNED((unsigned long)p[1], L1_CACHE_BYTES));
	mempool_free(p[0], pool);
	mempool_free(p[1], &embedded);
	must(mempool_resize(pool, 8) == 0);
	mempool_destroy(pool);
	mempool_exit(&embedded);
	must(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 16, p) == 16);
	kmem_cache_free_bulk(cache, 16, p);
	must(kmem_cache_size(cache) == sizeof(struct request));
	kmem_cache_shrink(cache);
	kmem_cache_destroy(cache);
	return 0;
}

/* ---- pages ---- */

static void fragments(void)
{
	struct page_frag_cache nc;
	char *a, *b;

	page_frag_cache_init(&nc);
	a = page_frag_alloc(&nc, 100, GFP_ATOMIC);
	b = page_frag_alloc_align(&nc, 100, GFP_ATOMIC, SMP_CACHE_BYTES);
	must(a && b && a != b && !((unsigned long)b % SMP_CACHE_BYTES));
	must(!page_frag_cache_is_pfmemalloc(&nc));
	page_frag_free(a);
	page_frag_free(b);
	page_frag_cache_drain(&nc);
}

/* The pages of a block are neighbours, as the kernel's are in its array. */
static void block(void)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	struct page *nolock = alloc_pages_nolock(0, NUMA_NO_NODE, 0);
	struct page *pages[4];
	char *area, *at;

	must(page);
	for (int i = 0; i < 4; i++) {
		pages[i] = page + i;
		must(page_to_pfn(page + i) == page_to_pfn(page) + i);
		must(nth_page(page, i) == virt_to_page(page_address(page) +
						       i * PAGE_SIZE));
		at = kmap_local_page(pages[i]);
		clear_page(at);
		at[1] = (char)i;
		kunmap_local(at);
	}
	copy_highpage(page + 3, page + 2);
	memcpy_to_page(page + 1, 5, "text", 5);
	area = vmap(pages, 4, VM_MAP, PAGE_KERNEL);
	if (area) {
		must(area[1] == 0 && area[2 * PAGE_SIZE + 1] == 2);
		must(area[3 * PAGE_SIZE + 1] == 2);
		must(!strcmp(area + PAGE_SIZE + 5, "text"));
		must(is_vmalloc_or_module_addr(area));
		vunmap(area);
	}
	__free_pages(page, 2);
	free_pages_nolock(nolock, 0);
}

static void areas(void)
{
	char *p = vmalloc_huge(2 * PMD_SIZE, GFP_KERNEL);
	char *exact = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);
	char *v = __vmalloc(3 * PAGE_SIZE, GFP_NOFS | __GFP_ZERO);

	must(p && exact && v && !v[3 * PAGE_SIZE - 1]);
	v = vrealloc(v, 30 * PAGE_SIZE, GFP_KERNEL | __GFP_ZERO);
	must(v && !v[30 * PAGE_SIZE - 1]);
	vfree(p);
	vfree_atomic(v);
	free_pages_exact(exact, 5 * PAGE_SIZE);
	must(totalram_pages() > PMD_SIZE / PAGE_SIZE);
}

/* ---- one for each CPU ---- */

struct stats {
	u64 hits;
	u32 depth;
};

static void counters(void)
{
	struct stats __percpu *stats = alloc_percpu(struct stats);
	u64 hits = 0;
	u32 depth = 0;
	int cpu;

	must(stats);
	for (int i = 0; i < 1000; i++)
		this_cpu_inc(stats->hits);
	this_cpu_add(stats->hits, 5);
	this_cpu_dec(stats->hits);
	__this_cpu_add(stats->depth, 2);
	for_each_possible_cpu(cpu) {
		hits += per_cpu_ptr(stats, cpu)->hits;
		depth += per_cpu_ptr(stats, cpu)->depth;
	}
	must(hits == 1004 && depth == 2);
	free_percpu(stats);
}

/* ---- giving back ---- */

static unsigned long count_none(struct shrinker *s, struct shrink_control *sc)
{
	(void)sc;
	return s->private_data ? 1 : SHRINK_EMPTY;
}

static unsigned long scan_none(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	sc->nr_scanned = 0;
	return SHRINK_STOP;
}

static void shrinks(void)
{
	struct shrinker *s = shrinker_alloc(0, "port-%d", 1);

	must(s);
	s->count_objects = count_none;
	s->scan_objects = scan_none;
	s->seeks = DEFAULT_SEEKS;
	shrinker_register(s);
	shrinker_free(s);
	must(!set_active_memcg(NULL));
	memalloc_retry_wait(GFP_NOWAIT | __GFP_NORETRY);
}

int main(void)
{
	owned();
	scopes();
	must(!grow());
	copies();
	flexible();
	must(!pools());
	fragments();
	block();
	areas();
	counters();
	shrinks();
	return max(0, min(0, 1));
}
