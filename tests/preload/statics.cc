/* SPDX-License-Identifier: MIT */
/*
 * statics - objects that live before main, after it, or as long as a thread
 *
 * A child process ends by exit(); the object that was built first is destroyed
 * last, and says by the exit code whether all the others were destroyed whole.
 */
#include "tap.h"
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

static bool is_child;
static unsigned long destroyed, damaged; /* atomic */

/* Content that must be whole when it goes. */
class content
{
	std::vector<std::string> words;
	std::map<int, std::unique_ptr<char[]>> tree;

      public:
	explicit content(int n)
	{
		for (int i = 0; i < n; i++) {
			words.push_back(std::string(i, 'a' + i % 26));
			tree[i].reset(new char[1 + i * 10]);
			tree[i][i * 10] = i;
		}
	}
	bool whole() const
	{
		for (size_t i = 0; i < words.size(); i++)
			if (words[i].size() != i ||
			    tree.at(i)[i * 10] != (char)i)
				return false;
		return true;
	}
	~content()
	{
		if (!whole())
			__atomic_add_fetch(&damaged, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&destroyed, 1, __ATOMIC_RELAXED);
	}
};

/* Built before the other statics: destroyed when they are gone. */
struct sentinel {
	void *block = malloc(1000);

	sentinel()
	{
		tap_fill(block, 1000, 5);
	}
	~sentinel()
	{
		bool good = tap_check(block, 1000, 5);

		free(block);
		/* Three statics, two thread_locals of the main thread. */
		if (is_child)
			_exit(good && destroyed == 5 && !damaged ? 42 : 3);
	}
};

__attribute__((init_priority(101))) static sentinel guard;
static content early(50);
static content *leaked = new content(70);
static std::unique_ptr<content> owned(new content(90));
static thread_local content mine(40);
static thread_local std::unique_ptr<content> mine_too;

static content &local()
{
	static content once(60);

	return once;
}

/* -- A process ends ------------------------------------------------------ */

static int leave(void *)
{
	is_child = true;
	destroyed = damaged = 0;
	if (!local().whole() || !mine.whole() || !leaked->whole())
		return 2;
	mine_too.reset(new content(30));
	exit(9);
}

static int leave_with_threads(void *)
{
	for (int i = 0; i < 4; i++)
		std::thread([] {
			for (int k = 1;; k = k * 7 % 10007)
				delete[] new char[k];
		}).detach();
	return leave(nullptr);
}

/* -- A thread ends ------------------------------------------------------- */

/* Its destructor allocates, when other destructors have run already. */
struct late {
	std::string s = "late";

	~late()
	{
		std::ostringstream text;

		text << s << std::string(500, 'x') << 42;
		if (text.str().size() != 506)
			__atomic_add_fetch(&damaged, 1, __ATOMIC_RELAXED);
	}
};

static thread_local late last;

static void test_thread_locals()
{
	unsigned long n = tap_load(1000), i;

	/* This thread's own may exist already, and stay. */
	destroyed = damaged = 0;
	for (i = 0; i < n; i++)
		std::thread([] {
			last.s += "!";
			last.s.pop_back();
			mine_too.reset(new content(mine.whole() ? 20 : 0));
		}).join();
	ok(destroyed == 2 * n && !damaged,
	   "thread_locals of %lu threads (%lu, %lu)", n, destroyed, damaged);
}

/* -- The rest of the library --------------------------------------------- */

static void test_async()
{
	std::vector<std::future<int>> results;
	long sum = 0;

	for (int i = 0; i < 64; i++)
		results.push_back(std::async(std::launch::async, [i] {
			return (int)std::string(i, 'x').size();
		}));
	for (std::future<int> &f : results)
		sum += f.get();
	ok(sum == 2016, "std::async");
}

static void test_streams()
{
	std::ostringstream text;
	std::string word;
	int n = 0;

	for (int i = 0; i < 5000; i++)
		text << i << ' ' << std::hex << i * 3.5 << '\n';
	std::istringstream in(text.str());
	while (in >> word)
		n++;
	ok(n == 10000, "string streams");
}

int main()
{
	tap_begin();
	tap_watchdog(60);
	ok(early.whole() && owned->whole() && leaked->whole(),
	   "statics are whole in main");
	ok(tap_in_child(leave, nullptr, 20) == 42,
	   "and when they are destroyed");
	ok(tap_in_child(leave_with_threads, nullptr, 20) == 42,
	   "also beside threads that go on");
	test_thread_locals();
	test_async();
	test_streams();
	std::cout << "# cout works" << std::endl;
	return tap_done();
}
