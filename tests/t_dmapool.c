/* SPDX-License-Identifier: MIT */
/*
 * dmapool: blocks are apart, aligned, within the boundary, and their handles
 * are where they are.
 */
#include "kmtest.h"

#include "kmalloc.h"

#define NR 300

/* Every block is one's own, aligned, and does not cross the boundary. */
static void use(size_t size, size_t align, size_t boundary)
{
	struct dma_pool *pool =
		dma_pool_create("pool", NULL, size, align, boundary);
	static dma_addr_t handle[NR];
	static char *p[NR];

	must(pool);
	for (u64 i = 0; i < NR; i++) {
		p[i] = i % 2 ? dma_pool_zalloc(pool, GFP_KERNEL, &handle[i]) :
			       dma_pool_alloc(pool, GFP_KERNEL, &handle[i]);
		must(p[i] && handle[i] == (uintptr_t)p[i]);
		must(!align || !(handle[i] & (align - 1)));
		must(!boundary ||
		     handle[i] / boundary == (handle[i] + size - 1) / boundary);
		must(i % 2 == 0 || km_is_zero(p[i], size));
		km_fill(p[i], size, i);
	}
	for (u64 i = 0; i < NR; i++) {
		u64 k = i * 7 % NR;

		must(km_intact(p[k], size, k));
		dma_pool_free(pool, p[k], handle[k]);
	}
	/* What was used is zero if it is to be. */
	p[0] = dma_pool_zalloc(pool, GFP_KERNEL, &handle[0]);
	must(p[0] && km_is_zero(p[0], size));
	dma_pool_free(pool, p[0], handle[0]);
	dma_pool_destroy(pool);
}

static void blocks(void)
{
	use(1, 0, 0);
	use(8, 8, 0);
	use(100, 4, 128);
	use(100, 64, 256);
	use(100, 1, 4096);
	use(3000, 16, 4096);
	use(4096, 4096, 4096);
	use(5000, 0, 8192);
	use(70000, 0, 0);
	use(64, 64, 1UL << 30);
	use(64, 8192, 0);
}

static void arguments(void)
{
	must(!dma_pool_create("x", NULL, 0, 0, 0));
	must(!dma_pool_create("x", NULL, km_hide(~0UL), 0, 0));
	must(!dma_pool_create("x", NULL, 8, 3, 0));
	must(!dma_pool_create("x", NULL, 100, 0, 64));
	must(!dma_pool_create("x", NULL, 100, 0, 300));
	must(!dma_pool_create_node("x", NULL, 65, 64, 64, 0));
	dma_pool_destroy(dma_pool_create(NULL, NULL, 8, 0, 0));
	dma_pool_destroy(NULL);
}

/* Handles are where the other one has the buffer; when it is used up there
 * is no more. */
static void over_buffer(void)
{
	static char buffer[10000];
	char *p[100];
	dma_addr_t h[100];
	struct dma_pool *pool;
	int nr = 0;

	pool = kmalloc_dma_pool_over("ring", buffer, sizeof(buffer), 0, 100, 0,
				     0);
	must(pool);
	for (; nr < 100; nr++) {
		p[nr] = dma_pool_alloc(pool, GFP_KERNEL, &h[nr]);
		must(p[nr] == buffer + h[nr] && h[nr] + 100 <= sizeof(buffer));
	}
	must(!dma_pool_alloc(pool, GFP_KERNEL, &h[0]));
	dma_pool_free(pool, p[7], h[7]);
	must(dma_pool_alloc(pool, GFP_KERNEL, &h[7]) == p[7]);
	while (nr--)
		dma_pool_free(pool, p[nr], h[nr]);
	dma_pool_destroy(pool);

	/* From the first boundary on: 0x1800 + 0x800. */
	pool = kmalloc_dma_pool_over("ring", buffer, sizeof(buffer), 0x1800,
				     1000, 8, 4096);
	p[0] = dma_pool_alloc(pool, GFP_KERNEL, &h[0]);
	must(p[0] == buffer + 0x800 && h[0] == 0x2000);
	for (nr = 1; (p[nr] = dma_pool_alloc(pool, GFP_KERNEL, &h[nr])); nr++)
		must(h[nr] / 4096 == (h[nr] + 999) / 4096);
	must(nr == 7);
	while (nr--)
		dma_pool_free(pool, p[nr], h[nr]);
	dma_pool_destroy(pool);

	pool = kmalloc_dma_pool_over("ring", buffer, sizeof(buffer), 0x1004, 40,
				     64, 0);
	p[0] = dma_pool_alloc(pool, GFP_KERNEL, &h[0]);
	must(p[0] == buffer + 60 && h[0] == 0x1040);
	dma_pool_free(pool, p[0], h[0]);
	dma_pool_destroy(pool);
	must(!kmalloc_dma_pool_over("x", buffer, 99, 0, 100, 0, 0));
	must(!kmalloc_dma_pool_over("x", buffer, 120, 0x1001, 64, 64, 0));
	must(!kmalloc_dma_pool_over("x", buffer, 1000, 0, 0, 0, 0));
	must(!kmalloc_dma_pool_over("x", buffer, 1000, 0, 8, 3, 0));
	must(!kmalloc_dma_pool_over("x", buffer, 0, 0, 8, 0, 0));
}

static void no_memory(void)
{
	struct dma_pool *pool = dma_pool_create("x", NULL, SZ_1M, 0, 0);
	dma_addr_t h;
	int nr = 0;

	km_fail_growth(1);
	while (dma_pool_alloc(pool, GFP_KERNEL, &h))
		must(nr++ < 1000);
	km_fail_growth(0);
	must(dma_pool_alloc(pool, GFP_KERNEL, &h));
}

/* ---- misuse ---- */

struct crime {
	long offset, handle_offset;
	int times;
};

static void commit(void *arg)
{
	const struct crime *c = arg;
	struct dma_pool *pool = dma_pool_create("pool", NULL, 100, 0, 256);
	dma_addr_t h;
	char *p = dma_pool_alloc(pool, GFP_KERNEL, &h);

	for (int i = 0; i < c->times; i++)
		dma_pool_free(pool, p + c->offset,
			      h + (dma_addr_t)(c->offset + c->handle_offset));
}

static void destroy_busy(void *arg)
{
	struct dma_pool *pool = dma_pool_create("pool", NULL, 100, 0, 0);
	dma_addr_t h;
	char *p = dma_pool_alloc(pool, GFP_KERNEL, &h);

	(void)arg;
	dma_pool_destroy(pool);
	km_fill(p, 100, 1);
}

static void test_misuse(void **state)
{
	static const struct {
		struct crime crime;
		const char *text;
	} rows[] = {
		{ { 0, 0, 2 }, ", pool: not allocated" },
		{ { 100, 0, 1 }, ", pool: not allocated" },
		{ { 200, 0, 1 }, ", pool: not a block" },
		{ { 1, 0, 1 }, ", pool: not a block" },
		{ { -100, 0, 1 }, ", pool: not a block" },
		{ { 1 << 30, 0, 1 }, ", pool: not a block" },
		{ { 0, 100, 1 }, ", pool: another block's handle" },
	};
	struct km_child c;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		assert_aborts(commit, &rows[i].crime, rows[i].text);
	km_child(&c, destroy_busy, NULL);
	assert_child_ok(&c);
	assert_string_equal(
		c.said,
		"kmalloc: dma_pool_destroy pool: blocks are in use; their areas stay\n");
}

/* ---- threads ---- */

struct storm {
	struct dma_pool *pool;
	unsigned long rounds;
};

static void worker(unsigned int nr, void *arg)
{
	const struct storm *s = arg;
	struct km_rng rng = km_rng_of(nr);
	dma_addr_t h[50];
	char *p[50];

	for (unsigned long i = 0; i < s->rounds; i++) {
		unsigned int k = 1 + (unsigned int)km_below(&rng, 50);

		for (unsigned int j = 0; j < k; j++) {
			must(p[j] = dma_pool_alloc(s->pool, GFP_KERNEL, &h[j]));
			km_fill(p[j], 200, nr);
		}
		for (unsigned int j = 0; j < k; j++) {
			must(km_intact(p[j], 200, nr));
			dma_pool_free(s->pool, p[j], h[j]);
		}
	}
}

static void stress(void)
{
	struct storm s = { dma_pool_create("pool", NULL, 200, 0, 4096),
			   km_load(1000) };

	km_threads(8, worker, &s);
	dma_pool_destroy(s.pool);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		km_unit_child(blocks),	       km_unit_child(arguments),
		km_unit_child(over_buffer),    km_unit_child(no_memory),
		cmocka_unit_test(test_misuse), km_unit_child(stress),
	};

	return km_run_tests(tests);
}
