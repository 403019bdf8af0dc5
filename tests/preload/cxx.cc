/* SPDX-License-Identifier: MIT */
/*
 * cxx - every form of operator new and delete, and how they fail
 *
 * Built by cxx.sh, with libstdc++: the library has none, yet must throw what
 * libstdc++ catches.
 */
#include "tap.h"
#include <malloc.h>
#include <map>
#include <memory>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

using std::align_val_t;
using std::nothrow;

static const size_t lengths[] = {
	0,     1,     7,      8,      15,      16,	17,    24,    31,
	33,    64,    100,    128,    129,     255,	256,   257,   500,
	1000,  1024,  2000,   4096,   5000,    8192,	10000, 30000, 32768,
	32769, 65536, 100000, 300000, 1048576, 5000000,
};

static const size_t impossible[] = {
	(size_t)PTRDIFF_MAX + 1, SIZE_MAX,	  SIZE_MAX - 8,
	SIZE_MAX - 63,		 SIZE_MAX - 4096, SIZE_MAX / 4 * 3,
};

/* -- All forms ----------------------------------------------------------- */

/* A way to get a block; align 0 means the default one. */
struct maker {
	const char *name;
	bool aligned;
	void *(*make)(size_t n, align_val_t a);
};

/* A way to give it back. */
struct breaker {
	const char *name;
	bool array, aligned;
	void (*unmake)(void *p, size_t n, align_val_t a);
};

static const maker plain_makers[] = {
	{ "new", false,
	  [](size_t n, align_val_t) { return ::operator new(n); } },
	{ "new nothrow", false,
	  [](size_t n, align_val_t) { return ::operator new(n, nothrow); } },
	{ "new aligned", true,
	  [](size_t n, align_val_t a) { return ::operator new(n, a); } },
	{ "new aligned nothrow", true,
	  [](size_t n, align_val_t a) {
		  return ::operator new(n, a, nothrow);
	  } },
};

static const maker array_makers[] = {
	{ "new[]", false,
	  [](size_t n, align_val_t) { return ::operator new[](n); } },
	{ "new[] nothrow", false,
	  [](size_t n, align_val_t) { return ::operator new[](n, nothrow); } },
	{ "new[] aligned", true,
	  [](size_t n, align_val_t a) { return ::operator new[](n, a); } },
	{ "new[] aligned nothrow", true,
	  [](size_t n, align_val_t a) {
		  return ::operator new[](n, a, nothrow);
	  } },
};

static const breaker breakers[] = {
	{ "delete", false, false,
	  [](void *p, size_t, align_val_t) { ::operator delete(p); } },
	{ "delete nothrow", false, false,
	  [](void *p, size_t, align_val_t) { ::operator delete(p, nothrow); } },
	{ "delete sized", false, false,
	  [](void *p, size_t n, align_val_t) { ::operator delete(p, n); } },
	{ "delete aligned", false, true,
	  [](void *p, size_t, align_val_t a) { ::operator delete(p, a); } },
	{ "delete aligned nothrow", false, true,
	  [](void *p, size_t, align_val_t a) {
		  ::operator delete(p, a, nothrow);
	  } },
	{ "delete sized aligned", false, true,
	  [](void *p, size_t n, align_val_t a) {
		  ::operator delete(p, n, a);
	  } },
	{ "delete[]", true, false,
	  [](void *p, size_t, align_val_t) { ::operator delete[](p); } },
	{ "delete[] nothrow", true, false,
	  [](void *p, size_t, align_val_t) {
		  ::operator delete[](p, nothrow);
	  } },
	{ "delete[] sized", true, false,
	  [](void *p, size_t n, align_val_t) { ::operator delete[](p, n); } },
	{ "delete[] aligned", true, true,
	  [](void *p, size_t, align_val_t a) { ::operator delete[](p, a); } },
	{ "delete[] aligned nothrow", true, true,
	  [](void *p, size_t, align_val_t a) {
		  ::operator delete[](p, a, nothrow);
	  } },
	{ "delete[] sized aligned", true, true,
	  [](void *p, size_t n, align_val_t a) {
		  ::operator delete[](p, n, a);
	  } },
};

static bool pair_works(const maker &m, const breaker &b, size_t n, size_t align)
{
	align_val_t a = (align_val_t)align;
	size_t want = m.aligned ? align : n >= 16 ? 16 : 1;
	void *p[3];
	bool good = true;

	for (int i = 0; i < 3; i++) {
		p[i] = tap_launder(m.make(n, a));
		good = good && p[i] && !((uintptr_t)p[i] & (want - 1)) &&
		       malloc_usable_size(p[i]) >= n;
		tap_fill(p[i], n, i);
	}
	good = good && p[0] != p[1] && p[1] != p[2];
	for (int i = 0; i < 3; i++) {
		good = good && tap_check(p[i], n, i);
		b.unmake(p[i], n, a);
	}
	return good;
}

static void test_pair(const maker &m, const breaker &b)
{
	size_t top = m.aligned ? 1 << 20 : 16;
	bool good = true;

	for (size_t align = 16; align <= top; align *= 4)
		for (size_t n : lengths)
			good = good && pair_works(m, b, n, align);
	ok(good, "%s with %s", m.name, b.name);
}

static void test_pairs()
{
	for (const breaker &b : breakers) {
		for (const maker &m : b.array ? array_makers : plain_makers)
			if (m.aligned == b.aligned)
				test_pair(m, b);
		b.unmake(nullptr, 0, (align_val_t)64);
	}
	ok(true, "deletes of nullptr do nothing");
}

/* -- Failure ------------------------------------------------------------- */

static int handled;

template <typename F> static bool throws_bad_alloc(F f)
{
	try {
		f();
	} catch (const std::bad_alloc &) {
		return true;
	} catch (...) {
	}
	return false;
}

static void test_failure(const maker &m, bool throws)
{
	align_val_t a = (align_val_t)64;
	bool good = true;

	for (size_t n : impossible) {
		void *p = nullptr;

		/* libstdc++'s own wraps when it rounds these up. */
		if (m.aligned && tap_allocator == TAP_LIBC &&
		    n >= SIZE_MAX - 63)
			continue;
		if (throws)
			good = good && throws_bad_alloc([&] {
				       p = tap_launder(m.make(n, a));
			       });
		else
			p = tap_launder(m.make(n, a));
		good = good && !p;
	}
	ok(good, "%s of too much: %s", m.name,
	   throws ? "bad_alloc" : "nullptr");
}

/* Called three times, the third time gives up. */
static void counting_handler()
{
	if (++handled == 3)
		std::set_new_handler(nullptr);
}

static void throwing_handler()
{
	handled++;
	throw std::bad_alloc();
}

struct out_of_everything : std::bad_alloc {
};

static void own_throwing_handler()
{
	handled++;
	throw out_of_everything();
}

static void test_handler(const maker &m, bool throws)
{
	size_t much = (size_t)PTRDIFF_MAX + 1;
	void *p = nullptr;
	bool threw;

	handled = 0;
	std::set_new_handler(counting_handler);
	threw = throws_bad_alloc(
		[&] { p = tap_launder(m.make(much, (align_val_t)64)); });
	std::set_new_handler(nullptr);
	ok(!p && handled == 3 && threw == throws,
	   "%s calls the new_handler until it is gone (%d)", m.name, handled);

	handled = 0;
	std::set_new_handler(throwing_handler);
	threw = throws_bad_alloc(
		[&] { p = tap_launder(m.make(much, (align_val_t)64)); });
	std::set_new_handler(nullptr);
	ok(!p && handled == 1 && threw == throws,
	   "%s and a new_handler that throws bad_alloc", m.name);
}

static void test_failures()
{
	for (int i = 0; i < 4; i++) {
		test_failure(plain_makers[i], i % 2 == 0);
		test_failure(array_makers[i], i % 2 == 0);
		test_handler(plain_makers[i], i % 2 == 0);
		test_handler(array_makers[i], i % 2 == 0);
	}
}

static void test_own_exception()
{
	bool mine = false;

	std::set_new_handler(own_throwing_handler);
	try {
		tap_launder(::operator new(SIZE_MAX));
	} catch (const out_of_everything &) {
		mine = true;
	} catch (...) {
	}
	std::set_new_handler(nullptr);
	ok(mine, "what the new_handler throws comes through operator new");
}

/* The stack is really unwound: destructors between throw and catch run. */
static void test_unwinding()
{
	static int dropped;
	struct guard {
		std::string s = std::string(1000, 'x');
		~guard()
		{
			dropped++;
		}
	};
	int caught = 0;

	for (int i = 0; i < 100; i++) {
		try {
			guard outer;
			std::vector<guard> inner(3);
			tap_launder(::operator new[](SIZE_MAX - i));
		} catch (const std::bad_alloc &e) {
			caught += !!e.what();
		}
	}
	ok(caught == 100 && dropped == 400, "destructors run (%d, %d)", caught,
	   dropped);
}

static void test_bad_lengths()
{
	volatile long minus = -1, much = LONG_MAX / 4;
	bool length = false;

	try {
		tap_launder(new int[minus]);
	} catch (const std::bad_array_new_length &) {
		length = true;
	}
	ok(length, "new int[-1] throws bad_array_new_length");
	ok(throws_bad_alloc([&] { tap_launder(new double[much]); }),
	   "new double[LONG_MAX / 4] throws bad_alloc");
	length = false;
	try {
		std::vector<char> v;
		v.reserve(SIZE_MAX);
	} catch (const std::length_error &) {
		length = true;
	}
	ok(length, "vector::reserve(SIZE_MAX) throws length_error");
	ok(throws_bad_alloc([] {
		   std::vector<char> v;
		   v.reserve(PTRDIFF_MAX - 4096);
	   }),
	   "vector::reserve(nearly PTRDIFF_MAX) throws bad_alloc");
}

/* -- In use -------------------------------------------------------------- */

/* Not by the book, but programs do it and every malloc bears it. */
static void test_mixed()
{
	free(tap_launder(::operator new(100)));
	free(tap_launder(::operator new[](5000)));
	::operator delete(tap_launder(malloc(100)));
	::operator delete[](tap_launder(strdup("text")));
	free(tap_launder(::operator new(300, (align_val_t)128)));
	ok(true, "malloc with delete, new with free");
}

struct alignas(256) wide {
	char bytes[700];
	bool placed() const
	{
		return !((uintptr_t)this & 255);
	}
};

static bool containers(unsigned int seed)
{
	std::map<std::string, std::vector<int>> tree;
	std::unordered_map<int, std::shared_ptr<std::string>> hash;
	std::vector<wide> wides(10);
	std::pmr::unsynchronized_pool_resource pool;
	std::pmr::vector<std::pmr::string> strings(&pool);
	bool good = true;

	for (unsigned int i = 0; i < 3000; i++) {
		tree[std::to_string(i * seed % 1000)].push_back(i);
		hash[i % 512] = std::make_shared<std::string>(i % 99, 'a');
		strings.emplace_back(std::string(i % 70, 'b'));
		if (i % 100 == 0)
			wides.emplace_back();
	}
	for (unsigned int i = 2488; i < 3000; i++)
		good = good && hash[i % 512]->size() == i % 99;
	for (const wide &w : wides)
		good = good && w.placed();
	for (unsigned int i = 0; i < strings.size(); i++)
		good = good && strings[i].size() == i % 70;
	return good && tree.size() <= 1000;
}

static void test_containers()
{
	std::vector<std::thread> threads;
	bool good[4] = { false };

	for (int i = 0; i < 4; i++)
		threads.emplace_back([&good, i] {
			good[i] = containers(7 + 2 * i) && containers(3);
		});
	for (std::thread &t : threads)
		t.join();
	ok(good[0] && good[1] && good[2] && good[3],
	   "containers in four threads");
}

static void test_throw_in_thread()
{
	std::vector<std::thread> threads;
	int caught = 0;

	for (int i = 0; i < 4; i++)
		threads.emplace_back([&caught] {
			for (int k = 0; k < 200; k++)
				if (throws_bad_alloc([] {
					    tap_launder(
						    ::operator new(SIZE_MAX));
				    }))
					__atomic_add_fetch(&caught, 1,
							   __ATOMIC_RELAXED);
		});
	for (std::thread &t : threads)
		t.join();
	ok(caught == 800, "bad_alloc in four threads (%d)", caught);
}

int main()
{
	tap_begin();
	tap_watchdog(60);
	test_pairs();
	test_failures();
	test_own_exception();
	test_unwinding();
	test_bad_lengths();
	test_mixed();
	test_containers();
	test_throw_in_thread();
	return tap_done();
}
