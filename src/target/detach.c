/* detach.c - a helper process that shall outlive the recorder. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "descriptors_internal.h"
#include "detach_internal.h"

static void ignore_signals(void)
{
	static const int ignored[] = { SIGHUP,	SIGINT,	 SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1,
				       SIGUSR2, SIGTSTP, SIGTTOU, SIGTTIN, SIGXFSZ };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void detach_from_recorder(const char *name, int *fds, size_t count)
{
	int kept[4];

	ignore_signals();
	setsid();
	prctl(PR_SET_NAME, name);
	for (size_t i = 0; i < count; i++)
		if (fds[i] < 3)
			fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
	memcpy(kept, fds, count * sizeof(kept[0]));
	descriptors_close_all_but(kept, count);
	if (chdir("/") < 0)
		errno = 0; /* only so that no mount is kept busy */
}
