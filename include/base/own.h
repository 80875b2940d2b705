/* own.h - locals that own something release it by themselves at the end of their scope. */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void own_free_(void *p)
{
	free(*(void **)p);
}

static inline void own_close_(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void own_fclose_(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define OWN_MEM	 __attribute__((cleanup(own_free_)))
#define OWN_FD	 __attribute__((cleanup(own_close_)))
#define OWN_FILE __attribute__((cleanup(own_fclose_)))

/* Hand the descriptor to a new owner: the local is left empty (-1). */
static inline int fd_take(int *fd)
{
	int v = *fd;
	*fd = -1;
	return v;
}

/* Close *fd when it is open, and leave it empty. */
static inline void fd_drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#endif
