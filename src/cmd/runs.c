/* runs.c - make runs of variants: where their files go, what ends them, who is told. */
#include "runs_internal.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>

#include "base/own.h"
#include "base/unknown.h"

#define SEEDS 1000000u
/* Reads of smaps as often where RSS is high as where it is low: seldom there would favour a
 * variant. */
#define SMAPS_SHARE "10%"
#define MAX_STALL   "50ms"

static int words_of(char ***ret, const char *line, const char *command, struct err *err)
{
	wordexp_t words = { 0 };

	*ret = NULL;
	if (wordexp(line ? line : "", &words, WRDE_NOCMD) != 0)
		return err_say(err, EINVAL, "%s: --record: cannot cut '%s' into words", command,
			       line);
	*ret = xcalloc(words.we_wordc + 1, sizeof(**ret));
	for (size_t i = 0; i < words.we_wordc; i++)
		(*ret)[i] = xstrndup(words.we_wordv[i], strlen(words.we_wordv[i]));
	wordfree(&words);
	return 0;
}

static int refuse_full(const char *path, struct err *err)
{
	DIR *d = opendir(path);
	const struct dirent *entry;
	bool is_empty = true;

	if (!d)
		return err_set(err, errno, "cannot open the directory '%s'", path);
	while (is_empty && (entry = readdir(d)))
		is_empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(d);
	if (is_empty)
		return 0;
	err_say(err, EEXIST, "'%s' is not empty: recordings of other runs may be there", path);
	err_hint(err, "name a directory that is new or empty");
	return -EEXIST;
}

static int make_directory(struct runs *r, struct err *err)
{
	const char *keep = r->values->keep, *under = getenv("TMPDIR");
	size_t cap = sizeof(r->directory);

	r->is_kept = keep != NULL;
	if (!keep) {
		snprintf(r->directory, cap, "%s/gctide-XXXXXX", under && *under ? under : "/tmp");
		if (mkdtemp(r->directory))
			return 0;
		err_set(err, errno, "cannot make a directory like '%s'", r->directory);
		r->directory[0] = '\0';
		return -err->code;
	}
	if ((size_t)snprintf(r->directory, cap, "%s", keep) >= cap)
		return err_set(err, ENAMETOOLONG, "cannot make '%s'", keep);
	if (mkdir(keep, 0777) == 0)
		return 0;
	return errno == EEXIST ? refuse_full(keep, err)
			       : err_set(err, errno, "cannot make the directory '%s'", keep);
}

/* From now on signals that end us wait until the run in hand has been stopped. Under nohup(1)
 * SIGHUP ends nobody; but SIGINT, which a shell without job control has ignored by what it starts
 * with '&', is meant when it comes. */
static int catch_signals(struct runs *r, struct err *err)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i] != SIGHUP || sigaction(SIGHUP, NULL, &old) < 0 ||
		    old.sa_handler != SIG_IGN)
			sigaddset(&set, ends[i]);
	sigprocmask(SIG_BLOCK, &set, &r->mask);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? err_set(err, errno, "cannot wait for signals") : 0;
}

int runs_open(struct runs *r, const struct runs_values *values, const char *command,
	      struct err *err)
{
	ssize_t n;
	int rc;

	*r = (struct runs){ .values = values, .signals = -1 };
	rc = ready_parse(&r->ready, values->ready_when, err);
	if (rc == 0)
		rc = words_of(&r->record, values->record, command, err);
	if (rc == 0 && values->ready_when && !values->load)
		rc = err_say(err, EINVAL, "%s: --ready-when is about the --load, and there is none",
			     command);
	if (rc == 0 && values->ready_when && values->shows_output && r->ready.kind == READY_LINE)
		rc = err_say(err, EINVAL,
			     "%s: --ready-when line:... reads the output that --show-output gives "
			     "away",
			     command);
	if (rc < 0)
		return rc;
	n = readlink("/proc/self/exe", r->self, sizeof(r->self) - 1);
	if (n < 0)
		return err_set(err, errno, "cannot find gctide itself at /proc/self/exe");
	rc = make_directory(r, err);
	return rc == 0 ? catch_signals(r, err) : rc;
}

static void show_progress(const struct runs *r, size_t number, bool is_warmup)
{
	if (r->values->quiet || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\rgctide: run %llu of %llu (%c%s)\033[K",
		(unsigned long long)r->made_count + 1, (unsigned long long)r->planned_count,
		(char)('A' + number % 26), is_warmup ? ", to warm up" : "");
	fflush(stderr);
}

static void end_progress(const struct runs *r)
{
	if (!r->values->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

/* gctide record -q -o FILE [--duration TIME] [OPTIONS] -- CMD. The caller frees the vector, not its
 * words, but for the duration.
 */
static char **command_line(const struct runs *r, char *recording, char *duration,
			   const struct variant *v)
{
	size_t n = 0, extra = 0, words = 0;
	char **line;

	while (r->record[extra])
		extra++;
	while (v->argv[words])
		words++;
	line = xcalloc(extra + words + 13, sizeof(*line));
	line[n++] = (char *)r->self;
	line[n++] = "record";
	line[n++] = "-q";
	line[n++] = "-o";
	line[n++] = recording;
	line[n++] = "--smaps-share";
	line[n++] = SMAPS_SHARE;
	line[n++] = "--max-stall";
	line[n++] = MAX_STALL;
	if (*duration) {
		line[n++] = "--duration";
		line[n++] = duration;
	}
	for (size_t i = 0; i < extra; i++)
		line[n++] = r->record[i];
	line[n++] = "--";
	for (size_t i = 0; i < words; i++)
		line[n++] = v->argv[i];
	return line;
}

int runs_make(struct runs *r, struct experiment *e, const struct variant *v, size_t number,
	      bool is_warmup, const struct model_sink *sink, struct err *err)
{
	struct experiment_run run = { .variant = number, .foreign_share = NAN, .steal_share = NAN };
	char recording[1200], output[1200], duration[32] = "";
	OWN_MEM char **line = NULL;
	struct runner_config c = {
		.recording = recording,
		.output = output,
		.environment = v->environment,
		.ready = r->values->ready_when ? &r->ready : NULL,
		.load = r->values->load,
		.ready_patience_ns = r->values->ready_timeout_ns,
		.stop_patience_ns = r->values->stop_timeout_ns,
		.shows_output = r->values->shows_output,
		.signals = r->signals,
		.mask = &r->mask,
	};
	int rc;

	snprintf(recording, sizeof(recording), "%s/%s-%03llu-%c.rec", r->directory,
		 is_warmup ? "warmup" : "run", (unsigned long long)r->made_count + 1,
		 (char)('a' + number % 26));
	snprintf(output, sizeof(output), "%.*s.out", (int)(strlen(recording) - 4), recording);
	if (is_known(r->values->duration_ns))
		snprintf(duration, sizeof(duration), "%lluns",
			 (unsigned long long)r->values->duration_ns);
	line = command_line(r, recording, duration, v);
	c.argv = line;
	show_progress(r, number, is_warmup);
	rc = runner_run(&run, &c, sink, err);
	end_progress(r);
	if (rc < 0)
		return rc;
	if (is_warmup && run.state == RUN_GOOD)
		run.state = RUN_WARMUP;
	r->made_count++;
	experiment_add(e, &run);
	return 0;
}

bool runs_are_hopeless(const struct experiment *e, size_t number, struct err *err)
{
	size_t failed = experiment_count(e, number, RUN_FAILED);
	const char *why = "";

	if (failed < 2 || experiment_count(e, number, RUN_GOOD) ||
	    experiment_count(e, number, RUN_WARMUP))
		return false;
	for (size_t i = 0; i < e->run_count; i++)
		if (e->runs[i].variant == number)
			why = e->runs[i].why;
	err_say(err, ECHILD, "every run of '%s' failed, the last one: %s",
		buf_cstr((struct buf *)&e->labels[number]), why);
	return true;
}

static void remove_files(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *entry;

	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	rmdir(path);
}

void runs_close(struct runs *r)
{
	struct signalfd_siginfo taken;

	ready_done(&r->ready);
	for (size_t i = 0; r->record && r->record[i]; i++)
		free(r->record[i]);
	free(r->record);
	if (r->directory[0] && !r->is_kept)
		remove_files(r->directory);
	if (r->signals >= 0) {
		/* what ended the runs does not end us, too */
		while (read(r->signals, &taken, sizeof(taken)) == (ssize_t)sizeof(taken))
			;
		close(r->signals);
		sigprocmask(SIG_SETMASK, &r->mask, NULL);
	}
}

uint64_t runs_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint64_t)getpid();
	return seed % SEEDS;
}
