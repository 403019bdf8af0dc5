dist_man_MANS += \
	%D%/DEFINE_FREE.3 \
	%D%/alloc_pages.3 \
	%D%/alloc_percpu.3 \
	%D%/dma_pool_create.3 \
	%D%/gen_pool_create.3 \
	%D%/gfp.7 \
	%D%/kfree_rcu.3 \
	%D%/kmalloc-run.1 \
	%D%/kmalloc.3 \
	%D%/kmalloc_group_create.3 \
	%D%/kmalloc_nolock.3 \
	%D%/kmalloc_obj.3 \
	%D%/kmem_buckets_create.3 \
	%D%/kmem_cache_create.3 \
	%D%/kmem_cache_prefill_sheaf.3 \
	%D%/kstrdup.3 \
	%D%/libkmalloc.7 \
	%D%/memalloc_nofs_save.3 \
	%D%/linux_headers.7 \
	%D%/mempool_create.3 \
	%D%/page_frag_alloc.3 \
	%D%/shrinker_alloc.3 \
	%D%/vmalloc.3 \
	%D%/vmap.3
