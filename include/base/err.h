/* err.h - the one way in which a failure travels upwards.
 *
 * Functions return 0 or a negative errno; the sentence for the user travels in
 * struct err, the last parameter, which may be NULL. Nothing below cmd/ prints. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

struct err {
	int code;	/* positive errno, 0 when unset */
	char what[384]; /* "cannot open 'x.rec': No such file or directory" */
	char hint[384]; /* what the user can do; "" when we do not know */
};

/* Fill *err with the formatted text, ": " and strerror(code) (code 0: text only, and
 * EINVAL is returned), clear the hint, and return -code, so that a failing call is one line:
 *	return err_set(err, errno, "cannot open '%s'", path); */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set, without strerror(code): for failures whose text is complete as it is. */
int err_say(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Say what the user can do about the failure already in *err. */
void err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
