/* SPDX-License-Identifier: MIT */
/*
 * Google Benchmark from C: the C++ side.
 *
 *	C		here		Google Benchmark
 *	gb_bench	gb_bench	is a benchmark::internal::Benchmark
 *	gb_state	run		refers to a benchmark::State
 *
 * A run lives on the stack of its thread while the C function is called.
 * Invariant: between the first and the last call of gb_keep_running, State
 * believes that all iterations are done, and gb_state.left has those to go;
 * so C code counts them down without a call.
 */
#include "gbench.h"

#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

using benchmark::Counter;
using benchmark::State;

struct gb_bench final : public benchmark::internal::Benchmark {
	gb_bench(const char *name, void (*fn)(gb_state *), void *data)
	    : Benchmark(name), fn(fn), data(data)
	{
	}
	void Run(State &st) override;

	void (*const fn)(gb_state *);
	void *const data;
	void (*setup)(const gb_state *) = nullptr;
	void (*teardown)(const gb_state *) = nullptr;
};

namespace
{

struct run : gb_state {
	run(State &st, const gb_bench &bench)
	    : gb_state{ 0 }, st(st), bench(bench)
	{
	}

	State &st;
	const gb_bench &bench;
};

const run &of(const gb_state *s)
{
	return *static_cast<const run *>(s);
}

/*
 * The library's hooks are plain functions that are not told which benchmark
 * they are called for: each benchmark with hooks gets a pair of its own.
 */
constexpr std::size_t max_hooked = 64;
std::array<gb_bench *, max_hooked> hooked;
std::size_t nr_hooked;

using hook = void (*)(const State &);

template <std::size_t I> void setup(const State &st)
{
	run r(const_cast<State &>(st), *hooked[I]);

	hooked[I]->setup(&r);
}

template <std::size_t I> void teardown(const State &st)
{
	run r(const_cast<State &>(st), *hooked[I]);

	hooked[I]->teardown(&r);
}

template <std::size_t... I>
constexpr std::array<std::pair<hook, hook>, sizeof...(I)>
make_hooks(std::index_sequence<I...>)
{
	return { { { setup<I>, teardown<I> }... } };
}

constexpr auto hooks = make_hooks(std::make_index_sequence<max_hooked>());

benchmark::BigO big_o(gb_complexity o)
{
	switch (o) {
	case GB_O_1:
		return benchmark::o1;
	case GB_O_LOG_N:
		return benchmark::oLogN;
	case GB_O_N:
		return benchmark::oN;
	case GB_O_N_LOG_N:
		return benchmark::oNLogN;
	case GB_O_N_SQUARED:
		return benchmark::oNSquared;
	case GB_O_N_CUBED:
		return benchmark::oNCubed;
	default:
		return benchmark::oAuto;
	}
}

} // namespace

void gb_bench::Run(State &st)
{
	run r(st, *this);

	fn(&r);
}

int gb_main(int argc, char **argv)
{
	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 1;
	benchmark::RunSpecifiedBenchmarks();
	benchmark::Shutdown();
	return 0;
}

void gb_add_context(const char *key, const char *value)
{
	benchmark::AddCustomContext(key, value);
}

/* ---- registering ---- */

gb_bench *gb_register(const char *name, void (*fn)(gb_state *), void *data)
{
	auto *b = new gb_bench(name, fn, data);

	benchmark::internal::RegisterBenchmarkInternal(b);
	return b;
}

void gb_add_args(gb_bench *b, size_t n, const int64_t *args)
{
	b->Args(std::vector<int64_t>(args, args + n));
}

void gb_add_list(gb_bench *b, size_t n, const int64_t *values)
{
	for (size_t i = 0; i < n; i++)
		b->Arg(values[i]);
}

void gb_add_range(gb_bench *b, int64_t from, int64_t to)
{
	b->Range(from, to);
}

void gb_add_dense_range(gb_bench *b, int64_t from, int64_t to, int step)
{
	b->DenseRange(from, to, step);
}

void gb_add_threads(gb_bench *b, int threads)
{
	b->Threads(threads);
}

void gb_add_thread_range(gb_bench *b, int from, int to)
{
	b->ThreadRange(from, to);
}

void gb_use_range_multiplier(gb_bench *b, int multiplier)
{
	b->RangeMultiplier(multiplier);
}

void gb_use_arg_names(gb_bench *b, size_t n, const char *const *names)
{
	b->ArgNames(std::vector<std::string>(names, names + n));
}

void gb_use_real_time(gb_bench *b)
{
	b->UseRealTime();
}

void gb_use_process_cpu_time(gb_bench *b)
{
	b->MeasureProcessCPUTime();
}

void gb_use_manual_time(gb_bench *b)
{
	b->UseManualTime();
}

void gb_use_min_time(gb_bench *b, double seconds)
{
	b->MinTime(seconds);
}

void gb_use_iterations(gb_bench *b, int64_t n)
{
	b->Iterations(n);
}

void gb_use_unit(gb_bench *b, gb_unit unit)
{
	static_assert(GB_SECOND == static_cast<int>(benchmark::kSecond));
	b->Unit(static_cast<benchmark::TimeUnit>(unit));
}

void gb_use_complexity(gb_bench *b, gb_complexity o)
{
	b->Complexity(big_o(o));
}

void gb_use_setup(gb_bench *b, void (*setup)(const gb_state *),
		  void (*teardown)(const gb_state *))
{
	if (nr_hooked == max_hooked) {
		std::fprintf(stderr, "gb_use_setup: over %zu benchmarks\n",
			     max_hooked);
		std::abort();
	}
	b->setup = setup;
	b->teardown = teardown;
	if (setup)
		b->Setup(hooks[nr_hooked].first);
	if (teardown)
		b->Teardown(hooks[nr_hooked].second);
	hooked[nr_hooked++] = b;
}

/* ---- running ---- */

/*
 * The first call asks State for all iterations at once, in a multiple of @n:
 * State takes the excess into its count. The last call, with none left, lets
 * it stop the clock.
 */
bool gb_keep_running_slowpath(gb_state *s, int64_t n)
{
	State &st = of(s).st;
	int64_t all = (st.max_iterations + n - 1) / n * n;

	if (!st.KeepRunningBatch(all))
		return false;
	s->left = all - n;
	return true;
}

int64_t gb_arg(const gb_state *s, size_t i)
{
	return of(s).st.range(i);
}

void *gb_data(const gb_state *s)
{
	return of(s).bench.data;
}

int gb_threads(const gb_state *s)
{
	return of(s).st.threads();
}

int gb_thread_index(const gb_state *s)
{
	return of(s).st.thread_index();
}

int64_t gb_iterations(const gb_state *s)
{
	return of(s).st.iterations() - s->left;
}

void gb_pause_timing(gb_state *s)
{
	of(s).st.PauseTiming();
}

void gb_resume_timing(gb_state *s)
{
	of(s).st.ResumeTiming();
}

void gb_skip_with_error(gb_state *s, const char *message)
{
	s->left = 0;
	of(s).st.SkipWithError(message);
}

void gb_set_iteration_time(gb_state *s, double seconds)
{
	of(s).st.SetIterationTime(seconds);
}

/* ---- reporting ---- */

void gb_set_counter(gb_state *s, const char *name, double value,
		    unsigned int flags)
{
	static const std::pair<unsigned int, Counter::Flags> table[] = {
		{ GB_RATE, Counter::kIsRate },
		{ GB_AVG_THREADS, Counter::kAvgThreads },
		{ GB_PER_ITERATION, Counter::kAvgIterations },
		{ GB_EACH_ITERATION, Counter::kIsIterationInvariant },
		{ GB_INVERT, Counter::kInvert },
	};
	Counter c(value);

	for (const auto &[ours, theirs] : table)
		if (flags & ours)
			c.flags = c.flags | theirs;
	if (flags & GB_BINARY)
		c.oneK = Counter::kIs1024;
	of(s).st.counters[name] = c;
}

void gb_set_items(gb_state *s, int64_t n)
{
	of(s).st.SetItemsProcessed(n);
}

void gb_set_bytes(gb_state *s, int64_t n)
{
	of(s).st.SetBytesProcessed(n);
}

void gb_set_label(gb_state *s, const char *label)
{
	of(s).st.SetLabel(label);
}

void gb_set_complexity_n(gb_state *s, int64_t n)
{
	of(s).st.SetComplexityN(n);
}
