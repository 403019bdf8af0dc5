/* SPDX-License-Identifier: MIT */
/*
 * operators - a program that replaces operator new and delete, and no others
 *
 * ISO C++ leads all other forms to these two, so each must come by here. Before
 * each block is a mark: one that came from elsewhere has none.
 */
#include "tap.h"
#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <vector>

#define MARK 0x5eed5eed5eed5eedULL
#define HEADER 32

static long made, gone, strangers, throws;

static void *make(size_t size)
{
	if (size > PTRDIFF_MAX / 2) {
		throws++;
		throw std::bad_alloc();
	}
	uint64_t *p = static_cast<uint64_t *>(malloc(size + HEADER));

	p[0] = MARK;
	made++;
	return reinterpret_cast<char *>(p) + HEADER;
}

static void unmake(void *p)
{
	uint64_t *head;

	if (!p)
		return;
	head = reinterpret_cast<uint64_t *>(static_cast<char *>(p) - HEADER);
	if (head[0] != MARK) {
		strangers++;
		return;
	}
	head[0] = 0;
	gone++;
	free(head);
}

void *operator new(size_t size)
{
	return make(size);
}

void operator delete(void *p) noexcept
{
	unmake(p);
}

void *operator new(size_t size, std::align_val_t)
{
	return make(size);
}

void operator delete(void *p, std::align_val_t) noexcept
{
	unmake(p);
}

static bool counted(long n)
{
	bool right = made == n && gone == n && !strangers;

	if (!right)
		diag("%ld made, %ld gone, %ld not ours", made, gone, strangers);
	made = gone = strangers = 0;
	return right;
}

int main()
{
	/* Sizes whose blocks, with the header, are of the same class or not. */
	static const size_t sizes[] = { 1, 16, 24, 100, 990, 1000, 5000, 40000,
					300000 };
	const long n = ARRAY_SIZE(sizes);
	const std::align_val_t al{ 64 };

	tap_begin();
	for (size_t size : sizes)
		::operator delete(::operator new(size));
	ok(counted(n), "new and delete");
	for (size_t size : sizes)
		::operator delete(::operator new(size), size);
	ok(counted(n), "delete with a size");
	for (size_t size : sizes)
		::operator delete(::operator new(size), std::nothrow);
	ok(counted(n), "delete that may not throw");
	for (size_t size : sizes)
		::operator delete(::operator new(size, std::nothrow));
	ok(counted(n), "new that may not throw");
	for (size_t size : sizes)
		::operator delete[](::operator new[](size));
	ok(counted(n), "new[] and delete[]");
	for (size_t size : sizes)
		::operator delete[](::operator new[](size), size);
	ok(counted(n), "delete[] with a size");
	for (size_t size : sizes)
		::operator delete[](::operator new[](size, std::nothrow),
				    std::nothrow);
	ok(counted(n), "new[] and delete[] that may not throw");
	for (size_t size : sizes)
		::operator delete(::operator new(size, al), size, al);
	ok(counted(n), "aligned new, and delete with a size");
	for (size_t size : sizes)
		::operator delete[](::operator new[](size, al), al);
	ok(counted(n), "aligned new[] and delete[]");
	for (size_t size : sizes)
		::operator delete[](::operator new[](size, al, std::nothrow),
				    size, al);
	ok(counted(n), "aligned new[] that may not throw");
	for (size_t size : sizes)
		::operator delete(::operator new(size, al, std::nothrow), al,
				  std::nothrow);
	ok(counted(n), "aligned new and delete that may not throw");

	ok(!::operator new(PTRDIFF_MAX, std::nothrow) &&
		   !::operator new[](PTRDIFF_MAX, al, std::nothrow) &&
		   throws == 2,
	   "what the program's new throws is no block, where none may throw");
	made = 0;

	{
		std::vector<std::string> words;
		std::unique_ptr<char[]> bytes(new char[777]);

		for (int i = 0; i < 3000; i++)
			words.push_back(std::string(i % 200, 'x'));
		std::stable_sort(words.begin(), words.end());
	}
	ok(made > 2000 && made == gone && !strangers,
	   "what the C++ library makes");
	return tap_done();
}
