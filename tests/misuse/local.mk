# Misuse of malloc, one small program a crime. misuse.txt says how each must end
# and what it must say; run.sh sees to it.  classes.txt names the classes that
# table.sh compares allocators by.

misuse_programs = \
	%D%/after_free_16 \
	%D%/after_free_256k \
	%D%/after_free_2k \
	%D%/after_free_32 \
	%D%/after_free_8m \
	%D%/after_realloc \
	%D%/again_256k \
	%D%/again_small \
	%D%/calloc_product \
	%D%/delete_alignment \
	%D%/delete_size \
	%D%/delete_size_large \
	%D%/double_1000_between \
	%D%/double_1_between \
	%D%/double_20_between \
	%D%/double_256k \
	%D%/double_2k \
	%D%/double_8m \
	%D%/double_at_exit \
	%D%/double_second_thread \
	%D%/double_small \
	%D%/double_threads \
	%D%/execute \
	%D%/free_aligned_wrong \
	%D%/free_code \
	%D%/free_global \
	%D%/free_mapping \
	%D%/free_near_null \
	%D%/free_sized_wrong \
	%D%/free_stack \
	%D%/free_wild \
	%D%/freelist \
	%D%/innocent \
	%D%/innocent_sizes \
	%D%/inside_1m \
	%D%/inside_2k \
	%D%/inside_64k \
	%D%/inside_8m \
	%D%/inside_small \
	%D%/malloc_0 \
	%D%/malloc_delete \
	%D%/metadata \
	%D%/never_given \
	%D%/never_used \
	%D%/new_array_free \
	%D%/off_by_1 \
	%D%/off_by_8 \
	%D%/off_by_8_1m \
	%D%/over_1 \
	%D%/over_1_request \
	%D%/over_1m \
	%D%/over_256k \
	%D%/over_64 \
	%D%/over_64k \
	%D%/over_8 \
	%D%/over_8_freed \
	%D%/over_8m \
	%D%/predict \
	%D%/ptrdiff_max \
	%D%/reach \
	%D%/read_freed_256k \
	%D%/read_over_1 \
	%D%/read_over_256k \
	%D%/realloc_freed \
	%D%/realloc_freed_8m \
	%D%/realloc_freed_small \
	%D%/realloc_inside \
	%D%/realloc_inside_small \
	%D%/realloc_stack \
	%D%/size_freed \
	%D%/stale_64k \
	%D%/stale_free \
	%D%/stale_small \
	%D%/under_1 \
	%D%/under_16_256k \
	%D%/under_8

check_PROGRAMS += $(misuse_programs)
TESTS += %D%/run.sh
EXTRA_DIST += %D%/classes.txt %D%/crime.h %D%/misuse.txt %D%/run.sh \
	%D%/notes.md %D%/table.sh

# Not the core: a culprit is linked with libc alone.
%C%_after_free_16_LDADD =
%C%_after_free_256k_LDADD =
%C%_after_free_2k_LDADD =
%C%_after_free_32_LDADD =
%C%_after_free_8m_LDADD =
%C%_after_realloc_LDADD =
%C%_again_256k_LDADD =
%C%_again_small_LDADD =
%C%_calloc_product_LDADD =
%C%_delete_alignment_LDADD = -lstdc++
%C%_delete_size_LDADD = -lstdc++
%C%_delete_size_large_LDADD = -lstdc++
%C%_double_1000_between_LDADD =
%C%_double_1_between_LDADD =
%C%_double_20_between_LDADD =
%C%_double_256k_LDADD =
%C%_double_2k_LDADD =
%C%_double_8m_LDADD =
%C%_double_at_exit_LDADD =
%C%_double_second_thread_LDADD = -lpthread
%C%_double_small_LDADD =
%C%_double_threads_LDADD = -lpthread
%C%_execute_LDADD =
%C%_free_aligned_wrong_LDADD =
%C%_free_code_LDADD =
%C%_free_global_LDADD =
%C%_free_mapping_LDADD =
%C%_free_near_null_LDADD =
%C%_free_sized_wrong_LDADD =
%C%_free_stack_LDADD =
%C%_free_wild_LDADD =
%C%_freelist_LDADD =
%C%_innocent_LDADD =
%C%_innocent_sizes_LDADD = -lstdc++
%C%_inside_1m_LDADD =
%C%_inside_2k_LDADD =
%C%_inside_64k_LDADD =
%C%_inside_8m_LDADD =
%C%_inside_small_LDADD =
%C%_malloc_0_LDADD =
%C%_malloc_delete_LDADD = -lstdc++
%C%_metadata_LDADD =
%C%_never_given_LDADD =
%C%_never_used_LDADD =
%C%_new_array_free_LDADD = -lstdc++
%C%_off_by_1_LDADD =
%C%_off_by_8_LDADD =
%C%_off_by_8_1m_LDADD =
%C%_over_1_LDADD =
%C%_over_1_request_LDADD =
%C%_over_1m_LDADD =
%C%_over_256k_LDADD =
%C%_over_64_LDADD =
%C%_over_64k_LDADD =
%C%_over_8_LDADD =
%C%_over_8_freed_LDADD =
%C%_over_8m_LDADD =
%C%_predict_LDADD =
%C%_ptrdiff_max_LDADD =
%C%_reach_LDADD =
%C%_read_freed_256k_LDADD =
%C%_read_over_1_LDADD =
%C%_read_over_256k_LDADD =
%C%_realloc_freed_LDADD =
%C%_realloc_freed_8m_LDADD =
%C%_realloc_freed_small_LDADD =
%C%_realloc_inside_LDADD =
%C%_realloc_inside_small_LDADD =
%C%_realloc_stack_LDADD =
%C%_size_freed_LDADD =
%C%_stale_64k_LDADD =
%C%_stale_free_LDADD =
%C%_stale_small_LDADD =
%C%_under_1_LDADD =
%C%_under_16_256k_LDADD =
%C%_under_8_LDADD =
