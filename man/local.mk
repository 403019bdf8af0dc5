dist_man_MANS += \
	%D%/kmalloc-run.1 \
	%D%/kmalloc.3 \
	%D%/libkmalloc.7
